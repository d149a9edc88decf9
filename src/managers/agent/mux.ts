/**
 * Many streams and small messages over one pair of pipes, both ways. Runs at both ends of the connection to an agent. Each stream has
 * a window, so that one that nobody reads stops its writer and nobody else.
 *
 *     u8 kind | u32 stream | u32 length | payload          numbers in little endian
 */
import { Duplex, type Readable, type Writable } from "node:stream";
import { sourceOf } from "../../runtime/wire/source.ts";

const Kind = { MESSAGE: 0, DATA: 1, END: 2, RESET: 3, WINDOW: 4 } as const;
const HEADER_BYTES = 9;
const WINDOW_BYTES = 1 << 20;
/** Longer payloads are refused: nothing here writes them, so the other end is not what it should be. */
const LONGEST_BYTES = 1 << 24;
const PIECE_BYTES = 1 << 16;

export interface MuxEvents {
  message(message: unknown): void;
  /** The pipes are closed; every stream has been destroyed. */
  closed(error?: Error): void;
}

export class Mux {
  readonly #output: Writable;
  readonly #events: MuxEvents;
  readonly #streams = new Map<number, MuxStream>();
  #rest: Buffer[] = [];
  #restBytes = 0;
  #needed = HEADER_BYTES;
  #closed = false;
  #waiting: (() => void)[] = [];

  /** Begins to read `input` at once. */
  constructor(input: Readable, output: Writable, events: MuxEvents) {
    this.#output = output;
    this.#events = events;
    // Some sockets read into memory that they use again.
    const bytes = (chunk: Buffer, start: number, end: number) => this.#take(Buffer.from(chunk.subarray(start, end)));
    sourceOf(input as Duplex).attach({ bytes });
    input.once("end", () => this.#close());
    input.once("close", () => this.#close());
    input.once("error", (error) => this.#close(error));
    output.once("close", () => this.#close());
    output.on("error", (error) => this.#close(error));
    output.on("drain", () => {
      for (const go of this.#waiting.splice(0)) go();
    });
  }

  /** Sends a small message, as JSON. */
  send(message: unknown): void {
    this.#write(Kind.MESSAGE, 0, Buffer.from(JSON.stringify(message)));
  }

  /** The stream of that number; whoever names it first gives it its meaning by a message. */
  stream(id: number): Duplex {
    const known = this.#streams.get(id);
    if (known) return known;
    const stream = new MuxStream({
      data: (chunk, sent) => this.#write(Kind.DATA, id, chunk, sent),
      end: () => this.#write(Kind.END, id),
      reset: () => this.#write(Kind.RESET, id),
      window: (bytes) => this.#write(Kind.WINDOW, id, u32(bytes)),
      forget: () => this.#streams.delete(id),
    });
    if (this.#closed) stream.destroy();
    else this.#streams.set(id, stream);
    return stream;
  }

  #write(kind: number, stream: number, payload: Buffer = Buffer.alloc(0), sent?: () => void): void {
    if (this.#closed || this.#output.destroyed) return sent?.();
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    header[0] = kind;
    header.writeUInt32LE(stream, 1);
    header.writeUInt32LE(payload.length, 5);
    this.#output.write(header);
    const flowing = payload.length === 0 || this.#output.write(payload);
    if (!sent) return;
    if (flowing) sent();
    else this.#waiting.push(sent);
  }

  #take(chunk: Buffer): void {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    while (!this.#closed && this.#restBytes >= this.#needed) {
      const all = this.#rest.length === 1 ? (this.#rest[0] as Buffer) : Buffer.concat(this.#rest);
      const length = all.readUInt32LE(5);
      if (length > LONGEST_BYTES) return this.#close(new Error("what comes from the other end makes no sense"));
      this.#needed = HEADER_BYTES + length;
      this.#rest = [all];
      if (all.length < this.#needed) return;
      const left = all.subarray(this.#needed);
      this.#rest = [left];
      this.#restBytes = left.length;
      this.#frame(all[0] as number, all.readUInt32LE(1), all.subarray(HEADER_BYTES, this.#needed));
      this.#needed = HEADER_BYTES;
    }
  }

  #frame(kind: number, id: number, payload: Buffer): void {
    if (kind === Kind.MESSAGE) return this.#events.message(JSON.parse(payload.toString()));
    const stream = this.#streams.get(id);
    if (kind === Kind.DATA) stream?.received(payload);
    else if (kind === Kind.END) stream?.ended();
    else if (kind === Kind.RESET) stream?.destroy();
    else if (kind === Kind.WINDOW) stream?.granted(payload.readUInt32LE(0));
  }

  #close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.destroy();
    for (const go of this.#waiting.splice(0)) go();
    this.#events.closed(error);
  }
}

interface Line {
  data(chunk: Buffer, sent: () => void): void;
  end(): void;
  reset(): void;
  window(bytes: number): void;
  forget(): void;
}

class MuxStream extends Duplex {
  readonly #line: Line;
  /** How much the other end still takes. */
  #window = WINDOW_BYTES;
  #unread = 0;
  #pending: (() => void) | undefined;
  #over = { here: false, there: false };

  constructor(line: Line) {
    super({ allowHalfOpen: true, readableHighWaterMark: PIECE_BYTES, writableHighWaterMark: PIECE_BYTES });
    this.#line = line;
  }

  received(chunk: Buffer): void {
    this.#unread += chunk.length;
    this.push(chunk);
  }

  ended(): void {
    this.#over.there = true;
    this.push(null);
    this.#done();
  }

  granted(bytes: number): void {
    this.#window += bytes;
    const go = this.#pending;
    this.#pending = undefined;
    go?.();
  }

  override _read(): void {
    // Asked for more: what came before has been read, but for a small buffer.
    if (this.#unread < WINDOW_BYTES / 2) return;
    const bytes = this.#unread;
    this.#unread = 0;
    this.#line.window(bytes);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    const next = (from: number) => {
      if (this.destroyed || from >= chunk.length) return done();
      if (this.#window === 0) {
        this.#pending = () => next(from);
        return;
      }
      const piece = chunk.subarray(from, from + Math.min(this.#window, PIECE_BYTES));
      this.#window -= piece.length;
      this.#line.data(piece, () => next(from + piece.length));
    };
    next(0);
  }

  override _final(done: () => void): void {
    this.#over.here = true;
    this.#line.end();
    done();
    this.#done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!(this.#over.here && this.#over.there)) this.#line.reset();
    this.#line.forget();
    const go = this.#pending;
    this.#pending = undefined;
    go?.();
    done(error);
  }

  #done(): void {
    if (this.#over.here && this.#over.there) this.#line.forget();
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
