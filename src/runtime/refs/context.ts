/**
 * What a task hands on to everything it starts, through every await: the AbortSignal that stops it (`withSignal`, a call that
 * came from another process) and the `sync` block it belongs to. One AsyncLocalStorage holds both.
 *
 * On Node 20 and 22 a storage in use slows every promise of the process (async_hooks), so it is made at the first use and switched
 * off again when nothing needs it; until then asking for the context costs one comparison.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";

/** The `sync` block around a task; see sync.ts. */
export interface Scope {
  /** Takes part in the wait; gives the promise to hand out in place of `child`. */
  add<T>(child: PromiseLike<T>): Promise<T>;
  readonly ended: boolean;
}

export interface Context {
  readonly signal?: AbortSignal | undefined;
  readonly scope?: Scope | undefined;
  /** The request of another process that all this is done for, when it may be cancelled. */
  readonly call?: { readonly from: number; readonly id: number } | undefined;
}

let storage: AsyncLocalStorage<Context> | undefined;
/** How many tasks run under a context of their own. Zero: nobody pays for it. */
let users = 0;

/** The context of the running task; undefined almost always. */
export function currentContext(): Context | undefined {
  return users === 0 ? undefined : storage?.getStore();
}

/** Runs `fn` with `changes` laid over the current context, until what it returns has settled. */
export function runInContext<R>(changes: Context, fn: () => R): R {
  if (isCalm) return fn();
  const context = { ...currentContext(), ...changes };
  storage ??= new AsyncLocalStorage<Context>();
  users++;
  const mine = era;
  const leave = () => {
    if (era === mine && --users === 0) storage?.disable();
  };
  let result: R;
  try {
    result = storage.run(context, fn);
  } catch (error) {
    leave();
    throw error;
  }
  if (isPromiseLike(result)) result.then(leave, leave);
  else leave();
  return result;
}

/** For code that may be stopped without leaving its contexts: how many there are before it, and back to that. */
export function countUsers(): number {
  return users;
}

export function restoreUsers(count: number): void {
  users = Math.min(users, count);
  if (users === 0) storage?.disable();
}

let isCalm = false;
/** Raised when contexts are given up without having been left. */
let era = 0;

/**
 * Switches the storage off, although tasks use it, until `endCalm`: their code is about to be cut off. Node before 24 follows a storage
 * with async_hooks, and ends the process when a callback does not return to them.
 */
export function calm(): void {
  isCalm = true;
  era++;
  users = 0;
  storage?.disable();
}

/** Whatever was cut off is over, and Node knows it. */
export function endCalm(): void {
  isCalm = false;
}

/**
 * The signal that stops the running task: `own` where given, and the one of the context. Every wait asks for it.
 */
export function contextSignal(own?: AbortSignal | undefined): AbortSignal | undefined {
  const inherited = currentContext()?.signal;
  const signal = own && inherited && inherited !== own ? AbortSignal.any([own, inherited]) : (own ?? inherited);
  // Every call and every wait listens while it is under way: Node would warn of the eleventh.
  if (signal instanceof AbortSignal) setMaxListeners(0, signal);
  return signal;
}

/**
 * Runs `fn`; every call to another process that it makes, directly or later on, is stopped when `signal` is aborted, also on the
 * process where it runs, and rejects with InterruptError.
 *
 * @example
 * const giveUp = new AbortController();
 * setTimeout(() => giveUp.abort(), 100);
 * await withSignal(giveUp.signal, () => remotecallFetch(2, () => new Promise(() => {}))).catch((error) => console.log(error.name));
 */
export function withSignal<R>(signal: AbortSignal, fn: () => R): R {
  const both = contextSignal(signal);
  return runInContext({ signal: both }, fn);
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === "object" || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
