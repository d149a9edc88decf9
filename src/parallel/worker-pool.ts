/**
 * Pools: sets of workers that calls and maps are given to. `take` hands out a free worker and `put` gives it back; a pool in place of a
 * pid does both around a call. A pmap uses the workers of its pool that nobody has taken, and shares them with other maps, so that
 * maps inside maps do not wait for each other.
 */
import { inspect } from "node:util";
import { UsageError } from "../errors.ts";
import { workers } from "../runtime/calls/membership.ts";
import { contextSignal } from "../runtime/refs/context.ts";
import { WaitLine } from "../runtime/refs/wait-line.ts";
import type { Extension } from "../runtime/wire/extension.ts";
import { self } from "../runtime/wire/identity.ts";
import { processes, watchProcesses } from "../runtime/wire/remote-process.ts";

/** Hears which workers of a pool may be given work. */
export interface PoolWatcher {
  free(pid: number): void;
  taken(pid: number): void;
}

/**
 * A set of workers. May stand for a pid in `remotecall` and its kin, and be given to `pmap`.
 *
 * @example
 * const pool = new WorkerPool(workers().slice(0, 2));
 * console.log(await remotecallFetch(pool, () => myid()));
 */
export class WorkerPool {
  /** Every worker of the pool, in the order in which `take` hands them out. */
  readonly #members = new Set<number>();
  readonly #free = new Set<number>();
  readonly #line = new WaitLine<number>();
  readonly #watchers = new Set<PoolWatcher>();

  constructor(pids: Iterable<number>) {
    for (const pid of pids) this.push(pid);
  }

  /** The ids of its workers that are there, taken ones included. */
  get workers(): number[] {
    return [...this.#members].filter(isAlive);
  }

  get length(): number {
    return this.workers.length;
  }

  /** `WorkerPool of 3, 2 free`. */
  toString(): string {
    return `${this.constructor.name} of ${this.length}, ${this.#free.size} free`;
  }

  [inspect.custom](): string {
    return this.toString();
  }

  /** Adds a worker. */
  push(pid: number): this {
    if (!Number.isInteger(pid) || pid < 1) throw new UsageError(`a pool has ids of processes, not ${String(pid)}`);
    if (this.#members.has(pid)) return this;
    if (this.#members.size === 0) pools.add(new WeakRef(this));
    this.#members.add(pid);
    return this.put(pid);
  }

  /** Takes a worker out for good. */
  remove(pid: number): this {
    this.#members.delete(pid);
    this.#markTaken(pid);
    if (this.length === 0) this.#line.dismiss(this.#emptyError());
    return this;
  }

  /** The next free worker, which is the caller's until it is put back. Waits for one; rejects when the pool has none at all. */
  async take(options?: { signal?: AbortSignal }): Promise<number> {
    if (this.length === 0) throw this.#emptyError();
    for (const pid of this.#free) {
      this.#markTaken(pid);
      if (isAlive(pid)) return pid;
    }
    return this.#line.join(undefined, contextSignal(options?.signal));
  }

  /** Gives a worker back (or adds it). One that is gone is forgotten. */
  put(pid: number): this {
    if (!isAlive(pid)) return this.remove(pid);
    if (!this.#members.has(pid)) return this.push(pid);
    if (this.#free.has(pid) || this.#line.serve(pid)) return this;
    this.#free.add(pid);
    for (const watcher of this.#watchers) watcher.free(pid);
    return this;
  }

  /** Whether a worker is free now. */
  isready(): boolean {
    return [...this.#free].some(isAlive);
  }

  /** Tells of every worker that is free now, and of every change from then on. Gives a function that stops it. @internal */
  watch(watcher: PoolWatcher): () => void {
    this.#watchers.add(watcher);
    for (const pid of [...this.#free].filter(isAlive)) watcher.free(pid);
    return () => this.#watchers.delete(watcher);
  }

  #markTaken(pid: number): void {
    if (!this.#free.delete(pid)) return;
    for (const watcher of this.#watchers) watcher.taken(pid);
  }

  #emptyError(): UsageError {
    return new UsageError("the pool has no workers");
  }
}

function isAlive(pid: number): boolean {
  return pid === self.pid || (processes.has(pid) && !processes.get(pid)?.isGone);
}

/** Pools that hear of the end of processes; they may be collected all the same. */
const pools = new Set<WeakRef<WorkerPool>>();

let theDefault: WorkerPool | undefined;

/**
 * The pool that `pmap` and `remote` use when they are given none: all workers, those that are added later too; process 1 while it
 * is alone.
 *
 * @example
 * console.log(defaultWorkerPool().workers); // [ 2, 3 ]
 */
export function defaultWorkerPool(): WorkerPool {
  theDefault ??= new WorkerPool(workers());
  return theDefault;
}

function leaves(pid: number): void {
  for (const weak of pools) {
    const pool = weak.deref();
    if (pool) pool.remove(pid);
    else pools.delete(weak);
  }
}

watchProcesses({
  joined(pid) {
    if (!theDefault || pid === 1) return;
    theDefault.push(pid);
    if (self.pid === 1) theDefault.remove(1);
  },
  leaving: leaves,
  left(pid) {
    leaves(pid);
    if (theDefault && self.pid === 1 && theDefault.length === 0) theDefault.push(1);
  },
});

/** A pool travels as the list of its workers: the copy hands them out on its own. */
export const poolExtension: Extension<WorkerPool> = {
  tag: "pool",
  matches: (value): value is WorkerPool => value instanceof WorkerPool,
  encode: (pool) => pool.workers,
  decode: (pids) => new WorkerPool(pids as number[]),
};
