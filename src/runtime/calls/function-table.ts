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

/**
 * How a call is run: "quick" ones bare; "short" ones (some milliseconds) bare too, but answers that wait go out before; all others in a
 * guard, so that a signal can stop them.
 */
export type Care = "quick" | "short" | "guarded";

const QUICK_MS = 1;
/** Up to here a guard, which takes up to 0.2 ms, would be felt. */
export const SHORT_MS = 10;

/** The care for a call of a function whose last one took that long. */
export function careAfter(ms: number): Care {
  return ms < QUICK_MS ? "quick" : ms < SHORT_MS ? "short" : "guarded";
}

/** A function that another process named, and what its last call has shown of it: "guarded" before the first. */
export interface KnownFunction {
  f: AnyFunction;
  care: Care;
}

/** Closures are made anew for each call: what is known of one holds for all that share its code. */
class Closure implements KnownFunction {
  readonly f: AnyFunction;
  readonly #ofCode: { care: Care };
  constructor(f: AnyFunction, ofCode: { care: Care }) {
    this.f = f;
    this.#ofCode = ofCode;
  }
  get care(): Care {
    return this.#ofCode.care;
  }
  set care(care: Care) {
    this.#ofCode.care = care;
  }
}

const cares = new WeakMap<object, { care: Care }>();

/** A function that came with the call itself. */
export function knownByCode(f: AnyFunction): KnownFunction {
  const code = codeBehind(f) ?? f;
  let ofCode = cares.get(code);
  if (!ofCode) {
    ofCode = { care: "guarded" };
    cares.set(code, ofCode);
  }
  return new Closure(f, ofCode);
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
    return f instanceof Promise ? f.then((f) => ({ f, care: "guarded" })) : { f, care: "guarded" };
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
