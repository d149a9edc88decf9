/** What a pmap can be told: the options, their defaults, and how they are told apart from the collections. */
import { UsageError } from "../errors.ts";
import { demandKnownOptions } from "../known-options.ts";
import type { Progress } from "./progress.ts";
import { defaultWorkerPool, WorkerPool } from "./worker-pool.ts";

/** What `retryCheck` is told beside the error. */
export interface RetryContext {
  /** The place of the element, counted from 0. */
  element: number;
  /** How often it has been tried so far. */
  tries: number;
}

/** `R` is what `onError` puts in place of a result. */
export interface PmapOptions<R = unknown> {
  /** The workers to use: a pool, or a list of ids. Default: all workers, those that join later too. */
  pool?: WorkerPool | readonly number[];
  /**
   * How many elements a worker is sent at a time. "auto" (the default) finds that out by measuring: one by one where elements take
   * long, in groups of some 120 ms where they are short. A number is kept to, and an async function then runs on all elements of
   * its batch at the same time.
   */
  batchSize?: number | "auto";
  /** Called here for an element that failed, before any retry. What it returns stands in the result; what it throws is retried. */
  onError?(error: Error, element: number): R | PromiseLike<R>;
  /** Seconds to wait before each retry of an element; as many retries as there are delays. Default: none. */
  retryDelays?: Iterable<number>;
  /** Asked before each retry; false gives up. */
  retryCheck?(error: Error, context: RetryContext): boolean | PromiseLike<boolean>;
  /** Stops the map, here and on the workers; it rejects with InterruptError. */
  signal?: AbortSignal;
  /** A bar on stderr after two seconds (the default, at a terminal), none (false), or a function that is told of every step. */
  progress?: boolean | ((progress: Progress) => void);
  /** False: runs on this process, in as many tasks as there are workers. Default true. */
  distributed?: boolean;
}

export interface StreamOptions<R = unknown> extends PmapOptions<R> {
  /** Whether results come in the order of the elements ("input", the default) or as they are ready ("completion"). */
  order?: "input" | "completion";
}

const known = ["pool", "batchSize", "onError", "retryDelays", "retryCheck", "signal", "progress", "distributed"];

/** Splits `(…collections, options?)`. */
export function splitArguments(args: readonly unknown[]): { collections: unknown[]; options: StreamOptions } {
  const last = args.at(-1);
  return isOptions(last) ? { collections: args.slice(0, -1), options: last } : { collections: [...args], options: {} };
}

function isOptions(value: unknown): value is StreamOptions {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
  return !(Symbol.iterator in value || Symbol.asyncIterator in value || "length" in value);
}

/** Refuses what makes no sense, by name. */
export function checkOptions(options: StreamOptions, caller: "pmap" | "pmap.stream"): void {
  demandKnownOptions(caller, options, caller === "pmap.stream" ? [...known, "order"] : known);
  const { batchSize, onError, retryCheck, retryDelays, progress, order } = options;
  const demand = (isRight: boolean, text: string) => {
    if (!isRight) throw new UsageError(`${caller}: ${text}`);
  };
  demand(
    batchSize === undefined || batchSize === "auto" || (Number.isInteger(batchSize) && batchSize >= 1),
    `batchSize is "auto" or a whole number from 1 up, not ${String(batchSize)}`,
  );
  demand(onError === undefined || typeof onError === "function", "onError is a function");
  demand(retryCheck === undefined || typeof retryCheck === "function", "retryCheck is a function");
  demand(
    retryDelays === undefined || typeof Object(retryDelays)[Symbol.iterator] === "function",
    "retryDelays is a list of seconds, or exponentialBackoff(n)",
  );
  demand(
    progress === undefined || typeof progress === "boolean" || typeof progress === "function",
    "progress is true, false or a function",
  );
  demand(order === undefined || order === "input" || order === "completion", 'order is "input" or "completion"');
}

export function poolOf({ pool }: PmapOptions, caller: string): WorkerPool {
  if (pool === undefined) return defaultWorkerPool();
  const chosen = Array.isArray(pool) ? new WorkerPool(pool) : pool;
  if (!(chosen instanceof WorkerPool)) throw new UsageError(`${caller}: pool is a WorkerPool or a list of process ids`);
  if (chosen.length === 0) throw new UsageError(`${caller}: the pool has no workers`);
  return chosen;
}
