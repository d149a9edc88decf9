/**
 * A stretch of memory that several processes of one host have mapped. It has no name that could be left behind: the creator
 * makes anonymous memory, the others open it as /proc/PID/fd/N while the creator waits for them, then the descriptor is closed.
 * The memory is unmapped when the last view of it is collected, and returned when the last process has unmapped it, also after
 * kill -9. Where /proc does not help (macOS, processes that may not see each other), a file is used and removed once mapped.
 */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, ftruncateSync, openSync, readdirSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { libc, systemError } from "./libc.ts";

export interface NewSegment {
  readonly buffer: ArrayBuffer;
  /** Where other processes of this host open it, until `seal`. */
  readonly path: string;
  /** All have mapped it, or nobody will: from now on it has no name. Doing it twice is harmless. */
  seal(): void;
}

/** Whether the descriptor of the creator is opened through /proc, or a file of its own by its name. */
export type SegmentKind = "memfd" | "file";

const ENOSPC = 28;
const FOUR_GIB = 2 ** 32;

/** Makes a segment of zeros and maps it. Rejects, before anything can crash, when there is no room for it. */
export async function createSegment(bytes: number, kind: SegmentKind = preferredKind()): Promise<NewSegment> {
  checkSize(bytes);
  const { fd, path, unlink } = kind === "memfd" ? openAnonymous() : openFile();
  let open = true;
  const seal = () => {
    if (!open) return;
    open = false;
    unlink();
    closeSync(fd);
  };
  try {
    await reserve(fd, bytes);
    return { buffer: mapped(fd, bytes), path, seal };
  } catch (error) {
    seal();
    throw error;
  }
}

/** Maps a segment that another process of this host made and has not sealed yet. */
export function openSegment(path: string, bytes: number): ArrayBuffer {
  checkSize(bytes);
  const fd = openSync(path, "r+");
  try {
    return mapped(fd, bytes);
  } finally {
    closeSync(fd);
  }
}

export function preferredKind(): SegmentKind {
  return libc().memfdCreate && existsSync("/proc/self/fd") ? "memfd" : "file";
}

interface Opened {
  fd: number;
  path: string;
  unlink(): void;
}

function openAnonymous(): Opened {
  const { memfdCreate } = libc();
  if (!memfdCreate) throw new UsageError("this system has no memfd_create");
  const fd = memfdCreate("tjulia");
  return { fd, path: `/proc/${process.pid}/fd/${fd}`, unlink() {} };
}

const FILE_PREFIX = "tjl-segment-";

/** The name tells whose it is: files of processes that died in the moment between making and removing are swept here. */
function openFile(): Opened {
  const folder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  sweep(folder);
  const path = join(folder, `${FILE_PREFIX}${process.pid}-${randomBytes(8).toString("hex")}`);
  return { fd: openSync(path, "wx+", 0o600), path, unlink: () => unlinkSync(path) };
}

function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(FILE_PREFIX) ? Number.parseInt(name.slice(FILE_PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    try {
      unlinkSync(join(folder, name));
    } catch {
      // Another user's, or another process was quicker.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Gives the segment its size and takes the memory for it. */
async function reserve(fd: number, bytes: number): Promise<void> {
  const { allocate } = libc();
  if (allocate) {
    const errno = await allocate(fd, bytes);
    if (errno === ENOSPC) throw noRoom(bytes, process.availableMemory());
    if (errno !== 0) throw systemError("posix_fallocate", errno);
    return;
  }
  ftruncateSync(fd, bytes);
  const zeros = Buffer.alloc(Math.min(bytes, 1 << 20));
  for (let at = 0; at < bytes; at += zeros.length) writeSync(fd, zeros, 0, Math.min(zeros.length, bytes - at), at);
}

/** Unmaps what a view showed, once the view has been collected: before that, touching it would crash the process. */
const unused = new FinalizationRegistry<{ address: bigint; bytes: number }>(({ address, bytes }) => {
  libc().unmap(address, bytes);
});

const addresses = new WeakMap<ArrayBuffer, bigint>();

/** Another ArrayBuffer over the beginning of a segment's memory; `buffer` must outlive it. */
export function viewOf(buffer: ArrayBuffer, bytes: number): ArrayBuffer {
  return libc().view(addresses.get(buffer) as bigint, bytes);
}

function mapped(fd: number, bytes: number): ArrayBuffer {
  const { map, view } = libc();
  const address = map(fd, bytes);
  const buffer = view(address, bytes);
  addresses.set(buffer, address);
  unused.register(buffer, { address, bytes });
  return buffer;
}

function checkSize(bytes: number): void {
  const major = Number.parseInt(process.versions.node, 10);
  // A larger view ends Node 20 at once, without an error that could be caught.
  if (bytes > FOUR_GIB && major < 22) {
    throw new UsageError(
      `Node ${process.versions.node} maps at most 4 GiB at once, the array has ${gib(bytes)}; use Node 22 or later`,
    );
  }
  const available = process.availableMemory();
  if (bytes > available) throw noRoom(bytes, available);
}

function noRoom(bytes: number, available: number): UsageError {
  return new UsageError(
    `a shared array of ${gib(bytes)} does not fit into the shared memory of this host (/dev/shm): ${gib(available)} are free`,
  );
}

function gib(bytes: number): string {
  return bytes < 2 ** 28 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
