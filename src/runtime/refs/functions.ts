/** Julia's functions over references. They work on whatever has the method: RemoteRef, RemoteChannel, Channel, Condition. */
import { UsageError } from "../../errors.ts";
import { elementOf } from "./element.ts";
import { RemoteRef, type WaitOptions } from "./remote-ref.ts";

interface Fetchable<T> {
  fetch(options?: WaitOptions): Promise<T>;
}

/** What `fetch(x)` gives: a promise of the value behind a reference, else `x` itself. */
export type Fetched<X> = X extends Fetchable<infer T> ? Promise<T> : X;

const webFetch = globalThis.fetch;

/**
 * Waits for the value of a reference (or channel) and copies it here. Anything else is given back as it is, but the web's
 * `fetch("https://…")` and `fetch(request)` still work.
 *
 * @example
 * const r = remotecall(2, () => 6 * 7);
 * console.log(await fetch(r), fetch(5)); // 42 5
 */
export function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
export function fetch<X>(x: X, options?: WaitOptions): Fetched<X>;
export function fetch(x: unknown, options?: object): unknown {
  if (hasMethod(x, "fetch")) return (x as Fetchable<unknown>).fetch(options as WaitOptions);
  if (isWebAddress(x)) return webFetch(x as string, options as RequestInit);
  return x;
}

function isWebAddress(x: unknown): boolean {
  if (typeof x === "string") return /^(https?|data|blob):/i.test(x);
  return x instanceof URL || (typeof Request === "function" && x instanceof Request);
}

/**
 * Waits until there is a value, moves nothing, gives the reference. On a Condition, waits for the next notify.
 *
 * @example
 * const r = await wait(remotecall(2, () => 1));
 * console.log(await isready(r)); // true
 */
export function wait<R extends { wait(options?: WaitOptions): Promise<unknown> }>(
  ref: R,
  options?: WaitOptions,
): ReturnType<R["wait"]> {
  return demand(ref, "wait").wait(options) as ReturnType<R["wait"]>;
}

/**
 * Stores a value in a reference or channel; waits while it is full.
 *
 * @example
 * const r = new RemoteRef<number>(2);
 * await put(r, 1);
 */
export function put<T, R extends { put(value: T, options?: WaitOptions): Promise<unknown> }>(
  ref: R,
  value: T,
  options?: WaitOptions,
): ReturnType<R["put"]> {
  return demand(ref, "put").put(value, options) as ReturnType<R["put"]>;
}

/**
 * Waits for a value and removes it.
 *
 * @example
 * const r = new RemoteRef<number>();
 * await put(r, 7);
 * console.log(await take(r)); // 7
 */
export function take<T>(ref: { take(options?: WaitOptions): Promise<T> }, options?: WaitOptions): Promise<T> {
  return demand(ref, "take").take(options);
}

/**
 * Whether there is a value now.
 *
 * @example
 * console.log(await isready(new RemoteRef(2))); // false
 */
export function isready<B extends boolean | Promise<boolean>>(ref: { isready(): B }): B {
  return demand(ref, "isready").isready();
}

/**
 * An element or slice of the value behind a reference, cut out on its owner; of anything else, here. Indexes start at 0; a range
 * gives a slice.
 *
 * @example
 * const r = remotecall(2, () => [[1, 2], [3, 4]]);
 * console.log(await getindex(r, 1, 0)); // 3
 */
export function getindex(value: unknown, ...indexes: unknown[]): unknown {
  return value instanceof RemoteRef ? value.getindex(...indexes) : elementOf(value, indexes);
}

function hasMethod(x: unknown, name: string): boolean {
  return typeof x === "object" && x !== null && typeof (x as Record<string, unknown>)[name] === "function";
}

function demand<R>(ref: R, name: string): R {
  if (hasMethod(ref, name)) return ref;
  const given = ref === null || typeof ref !== "object" ? String(ref) : (ref.constructor?.name ?? "an object");
  throw new UsageError(`${name}(): expected a RemoteRef or channel, got ${given}`);
}
