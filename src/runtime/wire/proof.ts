/** What proves a process to another in the handshake, and what it says of itself there. */
import { crypto } from "./crypto.ts";
import type { Hello } from "./messages.ts";

export type Side = "connecting" | "accepting";

/** The first bytes on a connection: the name, and the version of the handshake. */
export const GREETING = Buffer.from("tjl\x01", "latin1");
export const NONCE_BYTES = 32;
export const PROOF_BYTES = 32;

export function makeNonce(): Buffer {
  return crypto().randomBytes(NONCE_BYTES);
}

/** The proof of that side. The parts are nonces and hellos, in the order in which they were said. */
export function prove(cookie: string, side: Side, parts: readonly Uint8Array[]): Buffer {
  const hmac = crypto().createHmac("sha256", cookie).update(GREETING).update(side);
  for (const part of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(part.byteLength);
    hmac.update(length).update(part);
  }
  return hmac.digest();
}

/** As timingSafeEqual of node:crypto: how long it takes tells nothing of where they differ. */
export function isSameSecret(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= (a[i] as number) ^ (b[i] as number);
  return different === 0;
}

export function packHello(hello: Hello): Buffer {
  const { protocol, version, node, platform, pid, host } = hello;
  return Buffer.from(JSON.stringify([protocol, version, node, platform, pid, host]));
}

/** Undefined when it makes no sense. */
export function unpackHello(bytes: Buffer): Hello | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(bytes.toString("utf8"));
  } catch {
    fields = undefined;
  }
  if (Array.isArray(fields)) {
    const [protocol, version, node, platform, pid, host] = fields as unknown[];
    if (
      Number.isSafeInteger(protocol) &&
      typeof version === "string" &&
      typeof node === "string" &&
      typeof platform === "string" &&
      Number.isSafeInteger(pid) &&
      typeof host === "string"
    ) {
      return { protocol: protocol as number, version, node, platform, pid: pid as number, host };
    }
  }
  return undefined;
}
