/**
 * The handshake: whoever does not know the cookie is refused, whatever he says; of who knows it any hello is taken or refused; and what
 * comes behind the last message is there for the next reader.
 */
import { strictEqual } from "node:assert";
import { createHmac } from "node:crypto";
import type { Duplex } from "node:stream";
import { type Greeting, greet, HandshakeError } from "../../src/runtime/wire/handshake.ts";
import type { Hello } from "../../src/runtime/wire/messages.ts";
import { PROTOCOL } from "../../src/runtime/wire/protocol.ts";
import { sourceOf } from "../../src/runtime/wire/source.ts";
import { duplexPair } from "../runtime/wire/duplex-pair.ts";

const cookie = "secret";
const hello: Hello = { protocol: PROTOCOL, version: "0.1.0", node: "20", platform: "linux-x64", pid: 1, host: "here" };
const GREETING = Buffer.from("tjl\x01", "latin1");

/** The first byte: which side is tested, and whether the other one knows the cookie. The second: how its words are cut. */
export async function fuzz(data: Buffer): Promise<void> {
  if (data.length < 2) return;
  const [how, size] = data as unknown as [number, number];
  const side = how & 1 ? "connecting" : "accepting";
  const knowsCookie = (how & 2) !== 0;
  const [here, there] = duplexPair();
  const cut = new Cut(there, size + 1);
  const words = data.subarray(2);
  const end = await Promise.all([
    outcome(here, { cookie, hello, side, timeoutMs: 5000 }, words),
    knowsCookie ? answer(cut, side, words) : cut.end(words),
  ]);
  const [got] = end;
  if (got !== undefined && !knowsCookie) throw new Error("let in without the cookie");
  if (got !== undefined && side === "accepting") strictEqual(await behind(here), "behind");
  if (got === undefined) strictEqual(here.destroyed, true);
  here.destroy();
  there.destroy();
}

async function outcome(stream: Duplex, greeting: Greeting, words: Buffer): Promise<Hello | undefined> {
  try {
    return await greet(stream, greeting);
  } catch (error) {
    const isTold = error instanceof HandshakeError && (words.includes(cookie) || !error.message.includes(cookie));
    if (!isTold) throw error;
    return undefined;
  }
}

/** Says all that is right, with `words` as its hello. */
async function answer(cut: Cut, side: Greeting["side"], words: Buffer): Promise<void> {
  const nonce = Buffer.alloc(32, 5);
  if (side === "accepting") {
    const opening = await cut.next();
    cut.say(framed(nonce, words, proof("connecting", [opening.subarray(4), nonce, words])));
    cut.say(Buffer.from("behind"));
    return;
  }
  cut.say(framed(GREETING, nonce));
  const told = await cut.next();
  if (told.length < 64) return cut.end(Buffer.alloc(0));
  const theirs = [told.subarray(0, 32), told.subarray(32, -32)] as const;
  cut.say(framed(words, proof("accepting", [nonce, ...theirs, words])));
}

function proof(side: string, parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac("sha256", cookie).update(GREETING).update(side);
  for (const part of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(part.byteLength);
    hmac.update(length).update(part);
  }
  return hmac.digest();
}

function framed(...parts: Uint8Array[]): Buffer {
  const message = Buffer.concat(parts);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(message.length & 0xffff);
  return Buffer.concat([length, message]);
}

function behind(stream: Duplex): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    sourceOf(stream).attach({
      bytes(chunk, start, end) {
        text += chunk.toString("latin1", start, end);
        if (text.length >= "behind".length) resolve(text);
      },
    });
    stream.once("close", () => resolve(text));
  });
}

/** The far end: what it says comes in pieces. */
class Cut {
  readonly #stream: Duplex;
  readonly #size: number;
  #heard = Buffer.alloc(0);
  #wake = () => {};

  constructor(stream: Duplex, size: number) {
    this.#stream = stream;
    this.#size = size;
    stream.on("data", (chunk: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, chunk]);
      this.#wake();
    });
    stream.on("close", () => this.#wake());
    stream.on("end", () => this.#wake());
  }

  /** The next message of the side that is tested, empty when it has hung up. */
  async next(): Promise<Buffer> {
    while (this.#heard.length < 2 || this.#heard.length < 2 + this.#heard.readUInt16LE()) {
      if (this.#stream.destroyed || this.#stream.readableEnded) return Buffer.alloc(0);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const end = 2 + this.#heard.readUInt16LE();
    const message = this.#heard.subarray(2, end);
    this.#heard = this.#heard.subarray(end);
    return message;
  }

  say(bytes: Buffer): void {
    const step = Math.max(this.#size, Math.ceil(bytes.length / 64));
    for (let at = 0; at < bytes.length; at += step) this.#stream.write(bytes.subarray(at, at + step));
  }

  end(bytes: Buffer): void {
    this.say(bytes);
    this.#stream.end();
  }
}

export function seeds(): Buffer[] {
  const good = Buffer.from(JSON.stringify(Object.values(hello)));
  const hellos = [good, Buffer.from('[9,"0","0","x",2,"h"]'), Buffer.from("{}"), Buffer.alloc(1000, 32)];
  const openings = [framed(GREETING, Buffer.alloc(32)), framed(Buffer.alloc(32), good, Buffer.alloc(32)), framed()];
  const sides = [0, 1];
  return [
    ...sides.flatMap((side) => hellos.map((words) => Buffer.concat([Buffer.from([side | 2, 40]), words]))),
    ...sides.flatMap((side) => openings.map((words) => Buffer.concat([Buffer.from([side, 7]), words]))),
  ];
}
