/**
 * Frames on a stream of bytes: the header that messages.ts draws, and the reader that finds frames in whatever pieces
 * the stream delivers. Lengths are checked before anything is allocated; a bad one throws FrameError, which ends the link.
 */
import type { Body } from "./body.ts";

export const HEADER_BYTES = 14;
/** Ids are of 48 bits: no process lives to give out so many. */
const HIGH = 2 ** 32;
const SEGMENTS_AT = 12;

/** What a peer may make this process allocate for one frame. */
export interface FrameLimits {
  readonly bodyBytes: number;
  readonly segments: number;
  /** All segments of one frame together. */
  readonly segmentBytes: number;
}

export const defaultLimits: FrameLimits = {
  bodyBytes: 2 ** 30,
  segments: 0xffff,
  segmentBytes: 8 * 2 ** 30,
};

/** The other side does not speak this protocol, or breaks it: the connection cannot go on. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** Writes the fixed part of a header at `at`; the lengths of the segments follow it. */
export function writeHeader(
  out: Buffer,
  at: number,
  kind: number,
  flags: number,
  id: number,
  bodyBytes: number,
  segments: number,
): void {
  out[at] = bodyBytes;
  out[at + 1] = bodyBytes >>> 8;
  out[at + 2] = bodyBytes >>> 16;
  out[at + 3] = bodyBytes >>> 24;
  out[at + 4] = id;
  out[at + 5] = id >>> 8;
  out[at + 6] = id >>> 16;
  out[at + 7] = id >>> 24;
  const high = id < HIGH ? 0 : Math.floor(id / HIGH);
  out[at + 8] = high;
  out[at + 9] = high >>> 8;
  out[at + 10] = kind;
  out[at + 11] = flags;
  out[at + SEGMENTS_AT] = segments;
  out[at + SEGMENTS_AT + 1] = segments >>> 8;
}

/** Writes the length of one segment (u64). */
export function writeSegmentLength(out: Buffer, at: number, bytes: number): void {
  out.writeUInt32LE(bytes >>> 0, at);
  out.writeUInt32LE(Math.floor(bytes / 0x1_0000_0000), at + 4);
}

/** `body` is valid during the call only; the segments belong to the receiver. */
export type OnFrame = (kind: number, flags: number, id: number, body: Body, segments: Uint8Array[]) => void;

/** Memory for the segments of a frame where somebody has prepared it, one stretch of just that length for each. */
export type Landing = (kind: number, id: number, lengths: readonly number[]) => Uint8Array[] | undefined;

const landed = new WeakSet<Uint8Array>();

/** Whether the segment was read into prepared memory: it stays there, though it may be a part of something larger. */
export function hasLanded(segment: Uint8Array): boolean {
  return landed.has(segment);
}

const NO_SEGMENTS: Uint8Array[] = [];

/** The one body object that is handed out; it changes with each frame. */
class MovingBody implements Body {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
}

/**
 * Finds frames in chunks. A frame that lies whole in a chunk is read in place; the head of one that does not is kept
 * aside until the rest has come; segments are filled directly, and `room` offers their memory to the socket.
 */
export class FrameReader {
  readonly #onFrame: OnFrame;
  readonly #limits: FrameLimits;
  readonly #landing: Landing | undefined;
  readonly #body = new MovingBody();
  /** The kept head (header and body) of a frame that is not complete, and how much of it is there. */
  #head: Buffer = Buffer.allocUnsafeSlow(4096);
  #headFilled = 0;
  #headWanted = 0;
  /** The segments of the frame whose head is complete. */
  #segments: Uint8Array[] = NO_SEGMENTS;
  #segment = 0;
  #segmentFilled = 0;
  #stopped = false;
  /** The chunk at hand, and where in it the frames begin that have not been delivered. */
  #chunk: Buffer | undefined;
  #next = 0;
  #end = 0;

  constructor(onFrame: OnFrame, limits: FrameLimits = defaultLimits, landing?: Landing) {
    this.#onFrame = onFrame;
    this.#limits = limits;
    this.#landing = landing;
  }

  /** True when the bytes so far end between two frames. */
  get atBoundary(): boolean {
    return this.#headFilled === 0;
  }

  /** Memory that the next bytes of the stream belong into, when they are the inside of a large segment. */
  room(): Uint8Array | undefined {
    const segment = this.#segments[this.#segment];
    if (segment === undefined || segment.byteLength - this.#segmentFilled < ROOM_BYTES) return undefined;
    return segment.subarray(this.#segmentFilled);
  }

  /** Says that `bytes` bytes were read into `room()`. */
  filled(bytes: number): void {
    this.#segmentFilled += bytes;
    if (this.#segmentFilled === this.#segments[this.#segment]?.byteLength) this.#nextSegment();
  }

  /** No frame is delivered any more, not even those in the chunk at hand. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes the bytes of `chunk` from `start` to `end`. */
  push(chunk: Buffer, start = 0, end = chunk.length): void {
    let at = start;
    this.#chunk = chunk;
    this.#end = end;
    while (at < end && !this.#stopped) {
      if (this.#segments.length > 0) at = this.#fillSegment(chunk, at, end);
      else if (this.#headFilled > 0) at = this.#fillHead(chunk, at, end);
      else at = this.#readWhole(chunk, at, end);
    }
    this.#chunk = undefined;
  }

  /** While a frame is delivered: a copy of the bytes behind it. For one whose delivery will never return. */
  behind(): Buffer | undefined {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    return chunk && Buffer.from(chunk.subarray(this.#next, this.#end));
  }

  /** Reads frames in place, as long as they lie whole in the chunk and have no segments. */
  #readWhole(chunk: Buffer, from: number, end: number): number {
    const body = this.#body;
    let at = from;
    while (end - at >= HEADER_BYTES && !this.#stopped) {
      const bodyBytes = readU32(chunk, at);
      const start = at + HEADER_BYTES;
      if (end - start < bodyBytes || readU16(chunk, at + SEGMENTS_AT) !== 0) break;
      if (bodyBytes > this.#limits.bodyBytes) throw tooLarge("body", bodyBytes, this.#limits.bodyBytes);
      body.bytes = chunk;
      body.start = start;
      body.end = at = this.#next = start + bodyBytes;
      const header = start - HEADER_BYTES;
      this.#onFrame(
        chunk[header + 10] as number,
        chunk[header + 11] as number,
        readId(chunk, header + 4),
        body,
        NO_SEGMENTS,
      );
    }
    if (at === end || this.#stopped) return end;
    this.#headWanted = HEADER_BYTES;
    return this.#fillHead(chunk, at, end);
  }

  /** Adds to the kept head: first the fixed part, then the lengths of the segments, then the body. */
  #fillHead(chunk: Buffer, from: number, end: number): number {
    let at = from;
    for (;;) {
      const take = Math.min(this.#headWanted - this.#headFilled, end - at);
      chunk.copy(this.#head, this.#headFilled, at, at + take);
      at += take;
      this.#headFilled += take;
      if (this.#headFilled < this.#headWanted) return at;
      const wanted = this.#wantedHead();
      if (wanted === this.#headFilled) break;
      this.#headWanted = wanted;
      this.#keepRoom(wanted);
    }
    this.#next = at;
    if (readU16(this.#head, SEGMENTS_AT) === 0) this.#deliver();
    else this.#allocateSegments();
    return at;
  }

  /** How long the head is, as far as the bytes that are there tell. */
  #wantedHead(): number {
    const head = this.#head;
    const bodyBytes = readU32(head, 0);
    const count = readU16(head, SEGMENTS_AT);
    if (bodyBytes > this.#limits.bodyBytes) throw tooLarge("body", bodyBytes, this.#limits.bodyBytes);
    if (count > this.#limits.segments) throw tooLarge("number of segments", count, this.#limits.segments);
    const lengthsEnd = HEADER_BYTES + 8 * count;
    return this.#headFilled < lengthsEnd ? lengthsEnd : lengthsEnd + bodyBytes;
  }

  #keepRoom(bytes: number): void {
    if (bytes <= this.#head.length) return;
    const larger = Buffer.allocUnsafeSlow(bytes);
    this.#head.copy(larger, 0, 0, this.#headFilled);
    this.#head = larger;
  }

  #allocateSegments(): void {
    const head = this.#head;
    const count = readU16(head, SEGMENTS_AT);
    const lengths: number[] = [];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const at = HEADER_BYTES + 8 * i;
      const bytes = readU32(head, at) + readU32(head, at + 4) * 0x1_0000_0000;
      total += bytes;
      if (total > this.#limits.segmentBytes) throw tooLarge("segments", total, this.#limits.segmentBytes);
      lengths.push(bytes);
    }
    try {
      const prepared = this.#landing?.(head[10] as number, readId(head, 4), lengths);
      for (const segment of prepared ?? []) landed.add(segment);
      this.#segments = prepared ?? lengths.map((bytes) => Buffer.allocUnsafeSlow(bytes));
    } catch (cause) {
      throw new FrameError(`a frame with segments of ${total} bytes does not fit into memory`, { cause });
    }
    this.#segment = 0;
    this.#segmentFilled = 0;
    this.#skipEmptySegments();
  }

  #fillSegment(chunk: Buffer, from: number, end: number): number {
    const segment = this.#segments[this.#segment] as Buffer;
    const take = Math.min(segment.length - this.#segmentFilled, end - from);
    chunk.copy(segment, this.#segmentFilled, from, from + take);
    this.#segmentFilled += take;
    this.#next = from + take;
    if (this.#segmentFilled === segment.length) this.#nextSegment();
    return from + take;
  }

  #nextSegment(): void {
    this.#segment++;
    this.#segmentFilled = 0;
    this.#skipEmptySegments();
  }

  #skipEmptySegments(): void {
    while (this.#segments[this.#segment]?.byteLength === 0) this.#segment++;
    if (this.#segment === this.#segments.length) this.#deliver();
  }

  /** The kept frame is complete. */
  #deliver(): void {
    const head = this.#head;
    const count = readU16(head, SEGMENTS_AT);
    const body = this.#body;
    body.bytes = head;
    body.start = HEADER_BYTES + 8 * count;
    body.end = this.#headFilled;
    const segments = this.#segments;
    this.#segments = NO_SEGMENTS;
    this.#headFilled = 0;
    // A large head is not kept beyond its frame.
    if (head.length > MAX_KEPT_HEAD) this.#head = Buffer.allocUnsafeSlow(4096);
    this.#onFrame(head[10] as number, head[11] as number, readId(head, 4), body, segments);
  }
}

const MAX_KEPT_HEAD = 256 * 1024;
/** Less than this is read together with what follows it, and copied. */
const ROOM_BYTES = 16 * 1024;

function readU32(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

function readU16(bytes: Buffer, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

function readId(bytes: Buffer, at: number): number {
  const low = readU32(bytes, at);
  const high = readU16(bytes, at + 4);
  return high === 0 ? low : high * HIGH + low;
}

function tooLarge(what: string, got: number, limit: number): FrameError {
  return new FrameError(`a frame's ${what} is ${got}, the limit is ${limit}`);
}
