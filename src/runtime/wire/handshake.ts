/**
 * The first words on a connection: both sides prove that they know the cookie before either reads anything of the other's.
 *
 *     accepting ── "tjl", version, nonce A ──────────────────────────────▶ connecting
 *     accepting ◀─ nonce C, hello C, HMAC("connecting", A, C, hello C) ─── connecting
 *     accepting ── hello A, HMAC("accepting", A, C, hello C, hello A) ───▶ connecting
 *
 * Each message is a u16 length and that many bytes, 1 KiB at most. The nonces make a recorded handshake worthless, the
 * name of the side keeps a proof from being sent back to where it came from. Who listens shows no proof to who has none.
 */
import type { Duplex } from "node:stream";
import type { Hello } from "./messages.ts";
import {
  GREETING,
  isSameSecret,
  makeNonce,
  NONCE_BYTES,
  PROOF_BYTES,
  packHello,
  prove,
  type Side,
  unpackHello,
} from "./proof.ts";
import { PROTOCOL } from "./protocol.ts";
import { sourceOf } from "./source.ts";
import { promisedNonce, type Ticket } from "./ticket.ts";

/** The handshake failed: wrong cookie, another version, not tjulia at all, or too slow. */
export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
}

export interface Greeting {
  readonly cookie: string;
  /** What this side says of itself once the other has proved the cookie. */
  readonly hello: Hello;
  readonly side: Side;
  /** For the accepting side: the handshake as whoever made the ticket foresees it. A ticket is good for one. */
  readonly ticket?: Ticket | undefined;
  /** How long all of it may take. Default: 5000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const MAX_MESSAGE_BYTES = 1024;
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * So many connections may be open here that have proved nothing: with one more, the oldest is closed. Enough for a large job whose workers
 * all call at once, and few enough for the memory that their buffers take.
 */
const MOST_UNPROVED = 1024;

const unproved = new Set<Duplex>();

function admit(stream: Duplex): void {
  unproved.add(stream);
  if (unproved.size <= MOST_UNPROVED) return;
  const [oldest] = unproved;
  if (!oldest) return;
  unproved.delete(oldest);
  oldest.destroy();
}

/** Shakes hands; gives the other side's hello. When it fails the stream is destroyed and a HandshakeError thrown. */
export async function greet(stream: Duplex, greeting: Greeting): Promise<Hello> {
  if (greeting.side === "accepting") admit(stream);
  const messages = new Messages(stream, greeting.timeoutMs ?? DEFAULT_TIMEOUT_MS, greeting.signal);
  try {
    const hello = await (greeting.side === "connecting"
      ? connecting(messages, greeting)
      : accepting(messages, greeting));
    if (hello.protocol !== PROTOCOL) {
      throw new HandshakeError(
        `process ${hello.pid} on ${hello.host} has tjulia ${hello.version}, which speaks protocol ${hello.protocol}; here it is ` +
          `tjulia ${greeting.hello.version} with protocol ${PROTOCOL}: install the same version on both`,
      );
    }
    messages.release();
    return hello;
  } catch (error) {
    messages.release();
    stream.destroy();
    throw error;
  } finally {
    unproved.delete(stream);
  }
}

async function connecting(messages: Messages, { cookie, hello }: Greeting): Promise<Hello> {
  const opening = await messages.next(false);
  if (opening.length !== GREETING.length + NONCE_BYTES || !opening.subarray(0, 3).equals(GREETING.subarray(0, 3))) {
    throw new HandshakeError("what listens there is not tjulia");
  }
  if (!opening.subarray(0, GREETING.length).equals(GREETING)) {
    throw new HandshakeError("what listens there is a version of tjulia that shakes hands in another way");
  }
  const theirNonce = opening.subarray(GREETING.length);
  const nonce = promisedNonce(theirNonce) ?? makeNonce();
  const here = packHello(hello);
  messages.send(Buffer.concat([nonce, here, prove(cookie, "connecting", [theirNonce, nonce, here])]));
  const answer = await messages.next(true, "it may have refused the cookie");
  const there = answer.subarray(0, -PROOF_BYTES);
  checkProof(answer, prove(cookie, "accepting", [theirNonce, nonce, here, there]));
  return helloIn(there);
}

async function accepting(messages: Messages, { cookie, hello, ticket }: Greeting): Promise<Hello> {
  const nonce = ticket?.nonce ?? makeNonce();
  messages.send(Buffer.concat([GREETING, nonce]));
  const opening = await messages.next(true);
  const here = packHello(hello);
  const isForeseen = ticket && opening.subarray(0, -PROOF_BYTES).equals(ticket.opening) && here.equals(ticket.answer);
  const theirNonce = opening.subarray(0, NONCE_BYTES);
  const there = opening.subarray(NONCE_BYTES, -PROOF_BYTES);
  checkProof(opening, isForeseen ? ticket.openingProof : prove(cookie, "connecting", [nonce, theirNonce, there]));
  const proof = isForeseen ? ticket.answerProof : prove(cookie, "accepting", [nonce, theirNonce, there, here]);
  messages.send(Buffer.concat([here, proof]));
  return helloIn(there);
}

function checkProof(message: Buffer, expected: Buffer): void {
  if (!isSameSecret(message.subarray(-PROOF_BYTES), expected)) {
    throw new HandshakeError("the other side does not know the cookie");
  }
}

function helloIn(bytes: Buffer): Hello {
  const hello = unpackHello(bytes);
  if (hello) return hello;
  throw new HandshakeError("the other side knows the cookie, but its hello makes no sense");
}

/** The messages of a handshake on a stream, until it is handed on. */
class Messages {
  readonly #stream: Duplex;
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  #received = Buffer.alloc(0);
  #waiting: { resolve(message: Buffer): void; reject(error: Error): void; isLast: boolean; hint: string } | undefined;
  #handedOn = false;
  #failure: Error | undefined;
  #released = false;
  readonly #onError = (error: Error): void => this.#fail(`the connection broke: ${error.message}`, error);
  readonly #onEnd = (): void => this.#fail("the other side closed the connection");
  readonly #onAbort = (): void => this.#fail("it was aborted", this.#signal?.reason);

  constructor(stream: Duplex, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#signal = signal;
    this.#timer = setTimeout(() => this.#fail(`no complete handshake within ${timeoutMs / 1000} s`), timeoutMs);
    stream.on("error", this.#onError);
    stream.on("end", this.#onEnd);
    stream.on("close", this.#onEnd);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
    else if (stream.destroyed) this.#onEnd();
    else sourceOf(stream).attach({ bytes: (chunk, start, end) => this.#take(chunk.subarray(start, end)) });
  }

  send(message: Buffer): void {
    const length = Buffer.alloc(2);
    length.writeUInt16LE(message.length);
    this.#stream.write(Buffer.concat([length, message]));
  }

  /** The next message; after the last one the stream's bytes are left to the next reader. */
  next(isLast: boolean, hint = ""): Promise<Buffer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, isLast, hint };
      this.#deliver();
    });
  }

  /** Stops looking after the stream. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    clearTimeout(this.#timer);
    this.#stream.off("error", this.#onError);
    this.#stream.off("end", this.#onEnd);
    this.#stream.off("close", this.#onEnd);
    // A broken stream may still tell its error after it has been given up.
    this.#stream.on("error", () => {});
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#handOn();
  }

  #handOn(): void {
    if (this.#handedOn) return;
    this.#handedOn = true;
    sourceOf(this.#stream).detach(this.#received);
    this.#received = Buffer.alloc(0);
  }

  #take(bytes: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    this.#deliver();
    if (this.#received.length > 2 + MAX_MESSAGE_BYTES) this.#fail("the other side sent too much");
  }

  #deliver(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#received.length < 2) return;
    const length = this.#received.readUInt16LE();
    if (length > MAX_MESSAGE_BYTES) {
      this.#fail("what came is not a handshake of tjulia");
      return;
    }
    if (this.#received.length < 2 + length) return;
    const message = this.#received.subarray(2, 2 + length);
    this.#received = this.#received.subarray(2 + length);
    this.#waiting = undefined;
    // What follows the last message is not ours: frames may come in the same piece.
    if (waiting.isLast) this.#handOn();
    waiting.resolve(message);
  }

  #fail(reason: string, cause?: unknown): void {
    const waiting = this.#waiting;
    const hint = waiting?.hint ? ` (${waiting.hint})` : "";
    this.#failure ??= new HandshakeError(`handshake failed: ${reason}${hint}`, { cause });
    this.#waiting = undefined;
    waiting?.reject(this.#failure);
  }
}
