/** A pool that sends each function once to each worker, with what it captures, however often it is called. */
import { remoteDo, type Send } from "../runtime/calls/remotecall.ts";
import { nextId, self } from "../runtime/wire/identity.ts";
import { callCached, closeJob, type MapFunction } from "./job.ts";
import { WorkerPool } from "./worker-pool.ts";

interface Cached {
  readonly key: string;
  readonly at: Set<number>;
}

/**
 * A WorkerPool whose workers keep the functions that were called through it: what a function captures travels once to each worker, as
 * it was at its first call there, until `clear()`. (Within one `pmap` this is always so.)
 *
 * @example
 * const table = new Float64Array(1_000_000);
 * const pool = new CachingPool(workers());
 * const look = (i: number) => table[i];
 * for (let i = 0; i < 10; i++) await remotecallFetch(pool, look, i); // the table travels once to each worker
 * pool.clear();
 */
export class CachingPool extends WorkerPool {
  readonly #functions = new Map<MapFunction, Cached>();

  /** The first call on a worker brings the function there; later ones name it. @internal */
  async through<T>(pid: number, f: MapFunction, args: readonly unknown[], send: Send<T>): Promise<T> {
    if (pid === self.pid) return send(f, args);
    const { key, at } = this.#cached(f);
    if (at.has(pid)) return send(callCached, [key, args]);
    const value = await send(callCached, [key, args, f]);
    at.add(pid);
    return value;
  }

  #cached(f: MapFunction): Cached {
    let cached = this.#functions.get(f);
    if (!cached) {
      cached = { key: `${self.pid}:${nextId()}`, at: new Set() };
      this.#functions.set(f, cached);
    }
    return cached;
  }

  /** Lets the workers drop what they keep. */
  clear(): void {
    for (const { key, at } of this.#functions.values()) {
      for (const pid of at) if (this.workers.includes(pid)) remoteDo(pid, closeJob, key);
    }
    this.#functions.clear();
  }
}
