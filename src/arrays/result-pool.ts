/**
 * Memory for large results that processes of this host fill in directly, each its part, instead of sending it. Fresh shared
 * memory costs more than a socket, memory that is used again a fraction: so a result of some size is sent the first times, meanwhile
 * a segment is made ready for the next ones, and it is used again when the array over it has been collected. At most a few
 * are kept; what is not used for some seconds is given back. To the user the array is like any other.
 */
import { createSegment, preferredKind, viewOf } from "./segment.ts";

/** A stretch of shared memory that is lent to one result. */
export interface Lent {
  readonly buffer: ArrayBuffer;
  /** How other processes of this host find the segment. */
  readonly path: string;
  /** Tells it from an earlier one of the same path. */
  readonly serial: number;
  readonly bytes: number;
  /** Somebody may still write into it though nobody waits for that: it must not be used again. */
  spoil(): void;
}

interface Entry {
  readonly path: string;
  readonly serial: number;
  readonly bytes: number;
  readonly buffer: ArrayBuffer;
  readonly seal: () => void;
  isOut: boolean;
  isSpoilt: boolean;
  usedAt: number;
}

/** Smaller results are not worth it. */
export const LEAST_BYTES = 2 * 2 ** 20;
const MOST_BYTES = 512 * 2 ** 20;
const MOST_ENTRIES = 3;
const LINGER_MS = 10_000;

const entries = new Set<Entry>();
/** Sizes that were asked for lately, with the time of asking. */
const wanted = new Map<number, number>();
let serial = 0;
let isPreparing = false;
let timer: NodeJS.Timeout | undefined;

const collected = new FinalizationRegistry<Entry>((entry) => {
  entry.isOut = false;
  if (entry.isSpoilt) drop(entry);
});

/** Memory of that size when there is some at hand; else remembers the wish. */
export function lend(bytes: number): Lent | undefined {
  if (bytes < LEAST_BYTES || bytes > MOST_BYTES) return undefined;
  const size = roomFor(bytes);
  const entry = [...entries].find((e) => !e.isOut && !e.isSpoilt && e.bytes === size);
  if (!entry) {
    wish(size);
    return undefined;
  }
  entry.isOut = true;
  entry.usedAt = Date.now();
  const buffer = viewOf(entry.buffer, bytes);
  collected.register(buffer, entry);
  const spoil = () => {
    entry.isSpoilt = true;
  };
  return { buffer, path: entry.path, serial: entry.serial, bytes: size, spoil };
}

/** Sizes in steps of an eighth, so that results of nearly one size share their memory. */
function roomFor(bytes: number): number {
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}

/** The second wish for a size within a while is believed. */
function wish(size: number): void {
  const before = wanted.get(size);
  wanted.set(size, Date.now());
  forgetLater();
  if (before === undefined || isPreparing) return;
  makeRoom();
  if (entries.size >= MOST_ENTRIES || process.availableMemory() < 8 * size) return;
  isPreparing = true;
  prepare(size)
    .catch(() => {
      // Without koffi, or without room: results go on coming through the sockets.
      isHopeless = true;
    })
    .finally(() => {
      isPreparing = isHopeless;
    });
}

let isHopeless = false;

async function prepare(bytes: number): Promise<void> {
  // Not in the middle of the wish: loading koffi takes some milliseconds.
  await new Promise(setImmediate);
  if (preferredKind() !== "memfd") throw new Error("segments with a name are not kept");
  const { buffer, path, seal } = await createSegment(bytes);
  serial += 1;
  entries.add({ path, serial, bytes, buffer, seal, isOut: false, isSpoilt: false, usedAt: Date.now() });
  forgetLater();
}

/** Lets the least used one go where the place is needed. */
function makeRoom(): void {
  if (entries.size < MOST_ENTRIES) return;
  const idle = [...entries].filter((e) => !e.isOut).sort((a, b) => a.usedAt - b.usedAt)[0];
  if (idle) drop(idle);
}

function drop(entry: Entry): void {
  entries.delete(entry);
  entry.seal();
}

function forgetLater(): void {
  if (timer) timer.refresh();
  else timer = setTimeout(forget, LINGER_MS).unref();
}

function forget(): void {
  timer = undefined;
  const limit = Date.now() - LINGER_MS;
  for (const entry of entries) if (!entry.isOut && entry.usedAt <= limit) drop(entry);
  for (const [size, at] of wanted) if (at <= limit) wanted.delete(size);
  if (entries.size > 0 || wanted.size > 0) forgetLater();
}
