/**
 * One connection: frames out, frames in. All frames of one turn of the event loop leave in one write; large segments
 * leave as they are, without a copy. Above the handshake, below the calls: a link knows kinds and ids, not what they mean.
 */
import type { Duplex } from "node:stream";
import type { Body } from "./body.ts";
import { asOwnWork, cutOff, onCutOff } from "./cut-off.ts";
import type { Peer } from "./extension.ts";
import {
  defaultLimits,
  FrameError,
  type FrameLimits,
  FrameReader,
  HEADER_BYTES,
  type Landing,
  type OnFrame,
  writeHeader,
  writeSegmentLength,
} from "./frames.ts";
import type { Kind } from "./messages.ts";
import { push } from "./push.ts";
import { type Source, sourceOf } from "./source.ts";
import { wakePoll } from "./wake-poll.ts";

export interface LinkEvents {
  /** `body` is valid during the call only; `segments` belong to the receiver. */
  frame: OnFrame;
  /** Asked for memory for the segments of a frame; undefined: fresh memory. */
  landing?: Landing;
  /** Told once: without an error when the other side ended the connection between two frames, or `end` did. */
  close(error?: Error): void;
}

/** What a frame carries: the result of `encodeValue`, or anything like it. */
export interface Payload {
  readonly flags: number;
  readonly body: Body;
  readonly segments: readonly Uint8Array[];
}

/** Small frames are gathered in buffers of this size; a fuller one is written at once. */
const OUT_BYTES = 64 * 1024;
/** Bodies and segments above this are written as they are. */
const COPY_BYTES = 16 * 1024;
/** `drained` waits until no more than this is queued. */
const DRAINED_BYTES = 256 * 1024;

/** What a message that waits takes beside its bytes: a promise, a place in a table, a handle. */
export const FRAME_COST_BYTES = 512;

/** How long `end` waits for the other side to end too, after all has been written. */
const LINGER_MS = 5000;

export class Link {
  readonly peer: Peer;
  readonly #stream: Duplex;
  readonly #source: Source;
  readonly #events: LinkEvents;
  readonly #reader: FrameReader;
  #out: Buffer = Buffer.allocUnsafeSlow(OUT_BYTES);
  #outFilled = 0;
  /** Frames in the gathering buffer, and in those that wait for the other side to take what came before. */
  #outFrames = 0;
  #waitingFrames = 0;
  /** Frames that leave after what is gathered: those that were sent from within a guard and had no room there. */
  #parked: Uint8Array[][] = [];
  #parkedBytes = 0;
  /** Came with a frame whose delivery was cut off. */
  #behind: Buffer | undefined;
  #flushPlanned = false;
  #state: "open" | "ending" | "closed" = "open";
  #error: Error | undefined;
  #linger: NodeJS.Timeout | undefined;
  #waiters: (() => void)[] = [];
  #closed: Promise<void>;
  #settleClosed!: () => void;
  readonly #write = (): void => {
    const stream = this.#stream;
    const full = this.#out.subarray(0, this.#outFilled);
    const frames = this.#outFrames;
    this.#outFilled = 0;
    this.#outFrames = 0;
    if (full.length > 0 && stream.writableLength > 0) {
      this.#waitingFrames += frames;
      stream.write(full, () => {
        this.#waitingFrames -= frames;
      });
    } else if (full.length > 0) stream.write(full);
    if (this.#parked.length > 0) this.#writeParked();
    wakePoll.expectSoon();
    // What the operating system took at once is free again; what waits keeps its buffer.
    if (stream.writableLength > 0) this.#out = Buffer.allocUnsafeSlow(OUT_BYTES);
  };
  readonly #flush = (): void => {
    this.#flushPlanned = false;
    this.flush();
  };

  constructor(stream: Duplex, peer: Peer, events: LinkEvents, limits: FrameLimits = defaultLimits) {
    this.peer = peer;
    this.#stream = stream;
    this.#events = events;
    this.#closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    const reader = new FrameReader(events.frame.bind(events), limits, events.landing);
    this.#reader = reader;
    stream.on("error", (error: Error) => this.destroy(error));
    stream.on("end", () => this.#ended());
    stream.on("close", () => this.#finish());
    stream.on("drain", () => this.#wakeWaiters());
    this.#source = sourceOf(stream);
    // What has come already is delivered after this turn, when the owner of the link knows it.
    process.nextTick(() => {
      if (stream.destroyed) return this.#finish();
      this.#source.attach({
        bytes: (chunk, start, end) => this.#read(chunk, start, end),
        room: () => reader.room(),
        filled: (count) => this.#read(undefined, 0, count),
      });
    });
  }

  /** About what all that waits takes in this process: whoever waits for the answer to a message of 30 bytes takes more than those. */
  get queuedMemory(): number {
    return this.queuedBytes + (this.#outFrames + this.#waitingFrames + this.#parked.length) * FRAME_COST_BYTES;
  }

  /** Bytes that have not been handed to the operating system. */
  get queuedBytes(): number {
    return this.#outFilled + this.#parkedBytes + this.#stream.writableLength;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Queues a frame; it leaves at the end of this turn of the event loop. Nothing happens on a closed link. */
  send(kind: Kind, id: number, payload: Payload): void {
    if (this.#state !== "open") return;
    this.#outFrames += 1;
    const { body, segments } = payload;
    const bodyBytes = body.end - body.start;
    const at = this.#outFilled;
    const end = at + HEADER_BYTES + bodyBytes;
    if (segments.length === 0 && bodyBytes <= COPY_BYTES && end <= OUT_BYTES && this.#parked.length === 0) {
      // Cut off in the middle, this is as if it had never begun.
      writeHeader(this.#out, at, kind, payload.flags, id, bodyBytes, 0);
      copyBytes(body, this.#out, at + HEADER_BYTES);
      this.#outFilled = end;
    } else if (cutOff.isInGuard) this.#park(kind, id, payload);
    else asOwnWork(() => this.#sendLarge(kind, id, payload));
    if (this.#flushPlanned || (this.#outFilled === 0 && this.#parked.length === 0)) return;
    process.nextTick(this.#flush);
    this.#flushPlanned = true;
  }

  #sendLarge(kind: Kind, id: number, { flags, body, segments }: Payload): void {
    if (this.#parked.length > 0) this.flush();
    const bodyBytes = body.end - body.start;
    const headBytes = HEADER_BYTES + 8 * segments.length;
    const copied = bodyBytes <= COPY_BYTES ? bodyBytes : 0;
    const at = this.#reserve(headBytes + copied);
    writeHead(this.#out, at, kind, flags, id, bodyBytes, segments);
    if (copied > 0) copyBytes(body, this.#out, at + headBytes);
    else if (bodyBytes > 0) this.#writeThrough(body.bytes.subarray(body.start, body.end));
    for (const segment of segments) this.#sendSegment(segment);
  }

  /** Keeps a copy of the frame until the guard is left. */
  #park(kind: Kind, id: number, { flags, body, segments }: Payload): void {
    const bodyBytes = body.end - body.start;
    const headBytes = HEADER_BYTES + 8 * segments.length;
    const head = Buffer.allocUnsafeSlow(headBytes + bodyBytes);
    writeHead(head, 0, kind, flags, id, bodyBytes, segments);
    body.bytes.copy(head, headBytes, body.start, body.end);
    const frame: Uint8Array[] = [head];
    let total = head.length;
    for (const segment of segments) {
      frame.push(Buffer.from(segment));
      total += segment.byteLength;
    }
    this.#outFrames -= 1;
    this.#parked.push(frame);
    this.#parkedBytes += total;
  }

  /** Writes what is gathered now; within a guard, once that is left. */
  flush(): void {
    if (cutOff.isInGuard || this.#state === "closed" || (this.#outFilled === 0 && this.#parked.length === 0)) return;
    asOwnWork(this.#write);
  }

  #writeParked(): void {
    for (const frame of this.#parked) for (const piece of frame) this.#stream.write(piece);
    this.#parked = [];
    this.#parkedBytes = 0;
  }

  /** Settles when little is queued any more, or the link is closed. */
  drained(): Promise<void> {
    if (this.#state === "closed" || this.queuedBytes <= DRAINED_BYTES) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Sends what is queued, then ends the connection; settles when it is closed. */
  end(): Promise<void> {
    if (this.#state === "open") {
      this.flush();
      this.#state = "ending";
      this.#stream.end(() => {
        // Once all is written the other side should end its own half; it may not.
        if (this.#state === "ending") this.#linger = setTimeout(() => this.destroy(), LINGER_MS).unref();
      });
    }
    return this.#closed;
  }

  /** Ends the connection at once; what is queued is lost. */
  destroy(error?: Error): void {
    if (this.#state === "closed") return;
    this.#error ??= error;
    this.#reader.stop();
    this.#stream.destroy();
    process.nextTick(() => this.#finish());
  }

  /** Room for `bytes` in the gathering buffer. */
  #reserve(bytes: number): number {
    if (this.#outFilled + bytes > this.#out.length) {
      this.flush();
      if (bytes > this.#out.length) this.#out = Buffer.allocUnsafeSlow(bytes);
    }
    const at = this.#outFilled;
    this.#outFilled += bytes;
    return at;
  }

  #sendSegment(segment: Uint8Array): void {
    if (segment.byteLength > COPY_BYTES) this.#writeThrough(segment);
    else if (segment.byteLength > 0) {
      const at = this.#reserve(segment.byteLength);
      this.#out.set(segment, at);
    }
  }

  /** Writes a large piece, which is not ours, after what is gathered. */
  #writeThrough(bytes: Uint8Array): void {
    this.flush();
    push(this.#stream, bytes);
    wakePoll.expectSoon();
  }

  /** Without a chunk: `end` bytes have been read into the reader's room. */
  #read(chunk: Buffer | undefined, start: number, end: number): void {
    wakePoll.arrived();
    reading = this;
    cutOff.isStruck = false;
    cutOff.isOwnWork = true;
    try {
      if (this.#behind) this.#readWithBehind(chunk?.subarray(start, end));
      else if (chunk) this.#reader.push(chunk, start, end);
      else this.#reader.filled(end);
    } catch (error) {
      if (error instanceof FrameError) this.destroy(error);
      else throw error;
    } finally {
      cutOff.isOwnWork = false;
      reading = undefined;
    }
  }

  /** The delivery at hand will be cut off: what came behind its frame is kept. */
  static saveBehind(): void {
    if (reading) reading.#behind = reading.#reader.behind();
    cutShort = reading ?? cutShort;
    reading = undefined;
  }

  /** Delivers what came behind a frame whose delivery was cut off. */
  static resumeReading(): void {
    const link = cutShort;
    cutShort = undefined;
    if (link) link.#read(NO_BYTES, 0, 0);
  }

  /** In one piece: a delivery may be cut off again, and then all that lies behind that is kept. */
  #readWithBehind(chunk: Buffer = NO_BYTES): void {
    const behind = this.#behind ?? NO_BYTES;
    this.#behind = undefined;
    this.#reader.push(chunk.length > 0 ? Buffer.concat([behind, chunk]) : behind);
  }

  #ended(): void {
    if (!this.#reader.atBoundary) this.#error ??= new FrameError("the connection ended in the middle of a frame");
    this.end();
  }

  #finish(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#linger);
    this.#reader.stop();
    this.#outFilled = 0;
    this.#parked = [];
    this.#parkedBytes = 0;
    this.#wakeWaiters();
    this.#settleClosed();
    this.#events.close(this.#error);
  }

  #wakeWaiters(): void {
    if (this.#waiters.length === 0) return;
    if (this.#state !== "closed" && this.queuedBytes > DRAINED_BYTES) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

const NO_BYTES = Buffer.alloc(0);

/** The link that delivers a frame right now. */
let reading: Link | undefined;
/** The link whose delivery was cut off last. */
let cutShort: Link | undefined;
onCutOff(Link.saveBehind, Link.resumeReading);

function writeHead(
  out: Buffer,
  at: number,
  kind: Kind,
  flags: number,
  id: number,
  bodyBytes: number,
  segments: readonly Uint8Array[],
): void {
  writeHeader(out, at, kind, flags, id, bodyBytes, segments.length);
  for (const [i, { byteLength }] of segments.entries()) writeSegmentLength(out, at + HEADER_BYTES + 8 * i, byteLength);
}

/** Below some dozens of bytes a loop is quicker than a call into the engine. */
function copyBytes(body: Body, out: Buffer, at: number): void {
  const { bytes, start, end } = body;
  const length = end - start;
  if (length > 24) bytes.copy(out, at, start, end);
  else for (let i = 0; i < length; i++) out[at + i] = bytes[start + i] as number;
}
