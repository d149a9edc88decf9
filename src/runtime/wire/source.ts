/**
 * Where the bytes of a connection come from. Sockets that transports.ts makes read into one kept buffer (`onread`), or
 * straight into the memory a value will live in; any other stream delivers chunks by its `data` events. A source holds
 * what nobody has taken yet, so that the handshake can hand the connection on without losing a byte.
 */
import type { Duplex } from "node:stream";
import { asBuffer } from "./body.ts";

/** Takes the bytes of a connection: the handshake first, the link after it. */
export interface Sink {
  /** The bytes of `chunk` from `start` to `end`, valid during the call only. */
  bytes(chunk: Buffer, start: number, end: number): void;
  /** Memory that the next bytes should be read into, if they are the inside of something large. */
  room?(): Uint8Array | undefined;
  /** Says that `count` bytes have been read into what `room` returned last. */
  filled?(count: number): void;
}

/** How much is held for a sink that has not come yet, before reading stops. */
const HELD_BYTES = 64 * 1024;

export class Source {
  readonly #stream: Duplex;
  #sink: Sink | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** From now on `sink` gets all bytes, those that are held first. */
  attach(sink: Sink): void {
    this.#sink = sink;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const [index, piece] of held.entries()) {
      // A sink that detaches while it takes held bytes leaves the rest to the next one.
      if (this.#sink === sink) sink.bytes(piece, 0, piece.length);
      else if (this.#sink === undefined) this.#hold(held.slice(index));
    }
    if (this.#sink === sink) this.#stream.resume();
  }

  /** Holds what comes until the next `attach`, `rest` first. */
  detach(rest?: Uint8Array): void {
    this.#sink = undefined;
    if (rest !== undefined && rest.byteLength > 0) this.#hold([Buffer.from(rest)]);
  }

  /** Bytes have arrived. */
  push(chunk: Buffer, end: number): void {
    if (this.#sink !== undefined) this.#sink.bytes(chunk, 0, end);
    else this.#hold([Buffer.from(chunk.subarray(0, end))]);
  }

  room(): Uint8Array | undefined {
    return this.#sink?.room?.();
  }

  filled(count: number): void {
    this.#sink?.filled?.(count);
  }

  #hold(pieces: Buffer[]): void {
    for (const piece of pieces) this.#heldBytes += piece.length;
    this.#held.push(...pieces);
    if (this.#heldBytes > HELD_BYTES) this.#stream.pause();
  }
}

const sources = new WeakMap<Duplex, Source>();

/** The source of a stream; one for each stream. */
export function sourceOf(stream: Duplex): Source {
  let source = sources.get(stream);
  if (source === undefined) {
    source = new Source(stream);
    sources.set(stream, source);
    const pushed = source;
    stream.on("data", (chunk: Uint8Array) => pushed.push(asBuffer(chunk), chunk.byteLength));
  }
  return source;
}

/** Registers the source of a stream that was made with its own way of reading. */
export function setSource(stream: Duplex, source: Source): void {
  sources.set(stream, source);
}
