/**
 * Connections that are opened from the other side: who would be called calls instead, where nobody knows beforehand on which host it
 * will run, or when. It proves the cookie and says who it is in one message; what follows is up to the layers above.
 */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { greet } from "./handshake.ts";
import type { Hello } from "./messages.ts";
import { sourceOf } from "./source.ts";
import { connect } from "./transports.ts";

/** Calls all of the addresses (`host:port`, apart by commas); gives the first that answers and knows the cookie. */
export async function callAny(addresses: string, cookie: string, hello: Hello): Promise<Socket> {
  const attempts = addresses.split(",").map(async (text) => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
    const stream = await connect({ host: bracketed ?? plain ?? "", port: Number(port) });
    await greet(stream, { cookie, hello, side: "connecting" });
    return stream;
  });
  const first = await Promise.any(attempts).catch((error: AggregateError) => {
    throw new Error(`the master cannot be reached: ${error.errors.map((e: Error) => e.message).join("; ")}`);
  });
  for (const attempt of attempts) attempt.then((stream) => stream !== first && stream.destroy()).catch(() => {});
  return first;
}

const MESSAGE_MS = 5000;
const LONGEST_BYTES = 4096;

/** The message by which a caller says who it is: a u16 length and so many bytes of JSON. */
export function introduce(stream: Duplex, who: unknown): void {
  const text = Buffer.from(JSON.stringify(who));
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  stream.write(Buffer.concat([length, text]));
}

/** Reads that message; what follows it is left for the next reader. */
export function readIntroduction(stream: Duplex): Promise<unknown> {
  const source = sourceOf(stream);
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const timer = setTimeout(() => reject(new Error("the caller does not say who it is")), MESSAGE_MS);
    stream.once("close", () => reject(new Error("the caller is gone")));
    source.attach({
      bytes(chunk, start, end) {
        got = Buffer.concat([got, chunk.subarray(start, end)]);
        if (got.length < 2) return;
        const length = got.readUInt16LE(0);
        if (length > LONGEST_BYTES) return reject(new Error("the caller talks too much"));
        if (got.length < 2 + length) return;
        clearTimeout(timer);
        source.detach(got.subarray(2 + length));
        resolve(JSON.parse(got.toString("utf8", 2, 2 + length)));
      },
    });
  });
}
