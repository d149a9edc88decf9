/**
 * Functions that mean the same at every call (closures/stable.ts says which) are sent once per connection and named by a number
 * afterwards. Both sides of that table. Bounded: the oldest entry is forgotten on both sides when it is full.
 */
import { SerializationError } from "../../errors.ts";
import { codeBehind } from "../closures/revive.ts";
import { reviveStable, type StablePayload } from "../closures/stable.ts";
import { encodeValue } from "../wire/codec.ts";
import type { Peer } from "../wire/extension.ts";
import { Kind } from "../wire/messages.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";

const CAPACITY = 4096;

interface SentFunctions {
  numbers: Map<StablePayload, number>;
  last: number;
}

const sentTo = new WeakMap<RemoteProcess, SentFunctions>();

/** The number of the function at that process; tells the process what it stands for when it does not know yet. */
export function numberAt(process: RemoteProcess, payload: StablePayload): number {
  let sent = sentTo.get(process);
  if (!sent) {
    sent = { numbers: new Map(), last: 0 };
    sentTo.set(process, sent);
  }
  const known = sent.numbers.get(payload);
  if (known !== undefined) return known;
  if (sent.numbers.size >= CAPACITY) forgetOldest(process, sent);
  sent.last += 1;
  process.post(Kind.DEFINE, 0, encodeValue([sent.last, payload], process));
  sent.numbers.set(payload, sent.last);
  return sent.last;
}

function forgetOldest(process: RemoteProcess, sent: SentFunctions): void {
  const [payload, number] = sent.numbers.entries().next().value as [StablePayload, number];
  sent.numbers.delete(payload);
  process.post(Kind.DEFINE, 0, encodeValue([number, null], process));
}

// biome-ignore lint/complexity/noBannedTypes: any function at all can be called from another process
export type AnyFunction = Function;

/** A function that another process named, and whether calls of it have been quick so far. */
export interface KnownFunction {
  f: AnyFunction;
  /** Set once a call has returned in less than a fraction of a millisecond; cleared by a slow one. */
  quick: boolean;
}

/** Closures are made anew for each call: what is known of one holds for all that share its code. */
class Closure implements KnownFunction {
  readonly f: AnyFunction;
  readonly #ofCode: { quick: boolean };
  constructor(f: AnyFunction, ofCode: { quick: boolean }) {
    this.f = f;
    this.#ofCode = ofCode;
  }
  get quick(): boolean {
    return this.#ofCode.quick;
  }
  set quick(quick: boolean) {
    this.#ofCode.quick = quick;
  }
}

const speeds = new WeakMap<object, { quick: boolean }>();

/** A function that came with the call itself. */
export function knownByCode(f: AnyFunction): KnownFunction {
  const code = codeBehind(f) ?? f;
  let speed = speeds.get(code);
  if (!speed) {
    speed = { quick: false };
    speeds.set(code, speed);
  }
  return new Closure(f, speed);
}

type Entry = KnownFunction | Promise<KnownFunction>;

const receivedFrom = new WeakMap<Peer, Map<number, Entry>>();

/** The receiving side of DEFINE. A function that cannot be revived fails the calls that name it. */
export function defineFunction(peer: Peer, number: number, payload: StablePayload | null): void {
  let table = receivedFrom.get(peer);
  if (!table) {
    table = new Map();
    receivedFrom.set(peer, table);
  }
  if (payload === null) {
    table.delete(number);
    return;
  }
  const entry = revived(payload);
  table.set(number, entry);
  if (!(entry instanceof Promise)) return;
  const received = table;
  entry.then(
    (known) => received.get(number) === entry && received.set(number, known),
    () => {},
  );
}

function revived(payload: StablePayload): Entry {
  try {
    const f = reviveStable(payload);
    return f instanceof Promise ? f.then((f) => ({ f, quick: false })) : { f, quick: false };
  } catch (error) {
    const failed = Promise.reject(error);
    failed.catch(() => {});
    return failed;
  }
}

/** What the number stands for, or a promise of it while its module is being imported. */
export function functionNumbered(peer: Peer, number: number): Entry {
  const entry = receivedFrom.get(peer)?.get(number);
  if (!entry) throw new SerializationError([], `the message names function ${number}, which was never defined`);
  return entry;
}
