/**
 * A ticket holds the nonces and proofs of a handshake that has not taken place yet. Whoever starts a process on its own host, and is going to
 * connect to it, hands it one beside the cookie: both hellos are known by then, and a process that has nothing to work out starts without loading
 * node:crypto. What goes over the wire is what it would be without; a handshake that turns out otherwise is worked out as ever.
 */
import type { Hello } from "./messages.ts";
import { makeNonce, packHello, prove } from "./proof.ts";

export interface Ticket {
  /** Of the accepting side, who holds the ticket. */
  readonly nonce: Buffer;
  /** The nonce and the hello of the connecting side, and the proof that goes with them. */
  readonly opening: Buffer;
  readonly openingProof: Buffer;
  /** The hello of the accepting side and its proof. */
  readonly answer: Buffer;
  readonly answerProof: Buffer;
}

const FIELDS = ["nonce", "opening", "openingProof", "answer", "answerProof"] as const;

/** The nonces that this process has promised to use, by the nonce that it will be shown. */
const promised = new Map<string, Buffer>();

/** Makes a ticket for the handshake that this process, which is `connecting`, is going to have with the one that is `accepting`. */
export function makeTicket(cookie: string, connecting: Hello, accepting: Hello): Ticket {
  const nonce = makeNonce();
  const own = makeNonce();
  const there = packHello(connecting);
  const answer = packHello(accepting);
  promised.set(nonce.toString("latin1"), own);
  return {
    nonce,
    opening: Buffer.concat([own, there]),
    openingProof: prove(cookie, "connecting", [nonce, own, there]),
    answer,
    answerProof: prove(cookie, "accepting", [nonce, own, there, answer]),
  };
}

/** The nonce that was promised to whoever shows this one; once. */
export function promisedNonce(shown: Buffer): Buffer | undefined {
  const key = shown.toString("latin1");
  const own = promised.get(key);
  promised.delete(key);
  return own;
}

/** The process that had the ticket has ended. */
export function dropTicket({ nonce }: Ticket): void {
  promised.delete(nonce.toString("latin1"));
}

export function ticketText(ticket: Ticket): string {
  return FIELDS.map((field) => ticket[field].toString("base64")).join(" ");
}

/** What that text says, in words. */
export function readTicket(words: readonly string[]): Ticket | undefined {
  if (words.length !== FIELDS.length) return undefined;
  return Object.fromEntries(
    FIELDS.map((field, i) => [field, Buffer.from(words[i] as string, "base64")]),
  ) as unknown as Ticket;
}
