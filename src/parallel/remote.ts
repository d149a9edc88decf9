/** remote: a function as one that runs on the next free worker of a pool. */
import { UsageError } from "../errors.ts";
import { remotecallFetch, type WorkerSource } from "../runtime/calls/remotecall.ts";
import { defaultWorkerPool } from "./worker-pool.ts";

/**
 * A function that calls `f` on the next free worker of `pool` (default: all workers) and gives a promise of its value.
 *
 * @example
 * const square = remote(defaultWorkerPool(), (x: number) => x * x);
 * console.log(await Promise.all([1, 2, 3].map(square))); // [ 1, 4, 9 ]
 */
export function remote<A extends unknown[], R>(
  pool: WorkerSource,
  f: (...args: A) => R,
): (...args: A) => Promise<Awaited<R>>;
export function remote<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => Promise<Awaited<R>>;
export function remote<A extends unknown[], R>(
  ...given: [WorkerSource, (...args: A) => R] | [(...args: A) => R]
): (...args: A) => Promise<Awaited<R>> {
  const [pool, f] = given.length === 1 ? [defaultWorkerPool(), given[0]] : given;
  if (typeof f !== "function" || typeof pool?.take !== "function") {
    throw new UsageError("remote(pool, f): a WorkerPool and a function");
  }
  return (...args) => remotecallFetch(pool, f, ...(args as never));
}
