/**
 * The memory of a shared array in each process that has it mapped: it lies in the slot of a reference, so that it stays mapped as
 * long as anybody in the cluster holds the array. The first of them makes the segment, the others open it, then it loses its name.
 */
import { UsageError } from "../errors.ts";
import { registerService } from "../runtime/calls/services.ts";
import { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { findSlot, slotOf } from "../runtime/refs/store.ts";
import { self } from "../runtime/wire/identity.ts";
import { processOf } from "../runtime/wire/remote-process.ts";
import { ask } from "./ask.ts";
import { quick } from "./care.ts";
import type { PieceName } from "./description.ts";
import { createSegment, type NewSegment, openSegment, preferredKind, type SegmentKind } from "./segment.ts";
import { settleAll } from "./settle-all.ts";

/** Holds the memory; `close` lets go of it, and it is unmapped when the last view of it is collected. */
export class Mapping {
  #buffer: ArrayBuffer | undefined;
  constructor(buffer: ArrayBuffer) {
    this.#buffer = buffer;
  }
  get buffer(): ArrayBuffer {
    if (this.#buffer) return this.#buffer;
    throw new UsageError("the shared array has been closed");
  }
  close(): void {
    this.#buffer = undefined;
  }
}

/**
 * Maps a new segment of zeros into all of `pids`, which are on this host, this process first; gives a reference to each one's
 * mapping.
 */
export async function mapEverywhere(bytes: number, pids: readonly number[]): Promise<RemoteRef[]> {
  try {
    return await mapSegment(bytes, pids, undefined);
  } catch (error) {
    if (!cannotOpen(error)) throw error;
    // Processes that may not look into each other's /proc can still share a file.
    return mapSegment(bytes, pids, "file");
  }
}

async function mapSegment(bytes: number, pids: readonly number[], kind: SegmentKind | undefined): Promise<RemoteRef[]> {
  const others = pids.slice(1);
  const refs = pids.map((pid) => new RemoteRef(pid));
  const names = refs.map((ref): PieceName => [ref.whence, ref.id]);
  try {
    const path = await createMapping(names[0] as PieceName, bytes, kind);
    try {
      await settleAll(others.map((pid, i) => ask(pid, openMapping, names[i + 1] as PieceName, bytes, path)));
    } finally {
      sealSegment(path);
    }
    return refs;
  } catch (error) {
    for (const ref of refs) ref.free();
    throw error;
  }
}

/** Segments that this process has made and not sealed yet, by path. */
const open = new Map<string, NewSegment>();

/** Gives the path for the others, an empty one for an array of no bytes. */
async function createMapping([whence, id]: PieceName, bytes: number, kind = preferredKind()): Promise<string> {
  if (bytes === 0) {
    await slotOf(whence, id).put(new Mapping(new ArrayBuffer(0)));
    return "";
  }
  const segment = await createSegment(bytes, kind);
  open.set(segment.path, segment);
  await slotOf(whence, id).put(new Mapping(segment.buffer));
  return segment.path;
}

async function openMapping([whence, id]: PieceName, bytes: number, path: string): Promise<void> {
  await slotOf(whence, id).put(new Mapping(bytes === 0 ? new ArrayBuffer(0) : openSegment(path, bytes)));
}

function sealSegment(path: string): void {
  open.get(path)?.seal();
  open.delete(path);
}

function cannotOpen(error: unknown): boolean {
  const cause = (error as { cause?: { code?: unknown; path?: unknown } }).cause;
  return /^(ENOENT|EACCES|EPERM)$/.test(String(cause?.code)) && String(cause?.path).startsWith("/proc/");
}

/** The mapping with that name in this process. */
export function mappingNamed([whence, id]: PieceName): Mapping {
  const mapping = findSlot(whence, id)?.peek;
  if (mapping instanceof Mapping) return mapping;
  throw new UsageError("the shared array is not mapped here any more: it was closed, or nobody held it");
}

function closeMapping(name: PieceName): void {
  mappingNamed(name).close();
}

/** Lets go of the memory on all processes. */
export async function unmapEverywhere(refs: readonly RemoteRef[]): Promise<void> {
  await Promise.allSettled(refs.map((ref) => ask(ref.where, closeMapping, [ref.whence, ref.id])));
  for (const ref of refs) ref.free();
}

export function hostOf(pid: number): string {
  return pid === self.pid ? self.host : processOf(pid).host;
}

export function installMapping(): void {
  registerService("shared.open", openMapping, quick);
  registerService("shared.close", closeMapping, quick);
}
