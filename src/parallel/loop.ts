/** parallel: a loop whose iterations are divided among the workers in advance, one message a chunk. */
import { UsageError } from "../errors.ts";
import { demandKnownOptions } from "../known-options.ts";
import { workers } from "../runtime/calls/membership.ts";
import { callUntil, remotecall } from "../runtime/calls/remotecall.ts";
import { inOneLook } from "../runtime/closures/shape.ts";
import { contextSignal } from "../runtime/refs/context.ts";
import type { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { trackChild } from "../runtime/refs/sync.ts";
import { type Body, type Chunk, localElements, type Partial, reduceChunk, runChunk } from "./loop-runner.ts";
import { poolOf } from "./pmap-options.ts";
import { Range, splitrange } from "./range.ts";
import { finished, type Reducer, reducerFor } from "./reducers.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface ParallelOptions {
  /** The workers to use: a pool, or a list of ids; chunk i goes to the i-th. Default: all workers. */
  pool?: WorkerPool | readonly number[];
  /** Stops the loop, here and on the workers. Only for loops with a reducer. */
  signal?: AbortSignal;
}

/** What a loop can run over: ranges, lists, typed arrays, numpy-ts arrays (along the first axis), distributed arrays (where they lie). */
export type LoopRange<E> = Iterable<E> | ArrayLike<E> | Distributed<E>;

/** An object whose elements lie on several processes; each loops over its own. */
export interface Distributed<E = unknown> {
  readonly pids: readonly number[];
  [localElements](): Iterable<E> | ArrayLike<E> | Promise<Iterable<E> | ArrayLike<E>>;
}

type LoopBody<E, R> = (element: E) => R;

/**
 * Runs `body` for every element of `range` on the workers, each taking one contiguous chunk. With a reducer (`"+"`, `"*"`, `"min"`, `"max"`,
 * `"&&"`, `"||"`, `"vcat"` or an associative function) gives the reduced value: chunks are reduced where they run, then here, in
 * order. Without one gives a reference for each chunk at once; `sync` waits for them. Variables of the body are copied: writing to
 * them changes nothing here.
 *
 * @example
 * const heads = await parallel("+", range(1_000_000), () => (Math.random() < 0.5 ? 1 : 0));
 * @example
 * await sync(() => {
 *   parallel(range(10), (i) => console.log(i));
 * });
 */
export function parallel<E, R>(
  reducer: "vcat",
  range: LoopRange<E>,
  body: LoopBody<E, R>,
  options?: ParallelOptions,
): Promise<(Awaited<R> extends readonly (infer V)[] ? V : Awaited<R>)[]>;
export function parallel<E, R>(
  reducer: "+" | "*" | "min" | "max" | "&&" | "||",
  range: LoopRange<E>,
  body: LoopBody<E, R>,
  options?: ParallelOptions,
): Promise<Widened<Awaited<R>>>;
export function parallel<E, R>(
  reducer: (a: Awaited<R>, b: Awaited<R>) => Awaited<R>,
  range: LoopRange<E>,
  body: LoopBody<E, R>,
  options?: ParallelOptions,
): Promise<Awaited<R>>;
export function parallel<E>(
  range: LoopRange<E>,
  body: LoopBody<E, unknown>,
  options?: ParallelOptions,
): RemoteRef<void>[];
export function parallel(...args: unknown[]): Promise<unknown> | RemoteRef<void>[] {
  if (typeof args[2] === "function" || typeof args[0] === "string" || typeof args[0] === "function") {
    const [reducer, range, body, options] = args;
    return trackChild(reduceLoop(reducerFor(reducer), divide(range, body, options), body as Body, options));
  }
  const [range, body, options] = args;
  const shares = divide(range, body, options);
  return inOneLook(() =>
    shares.map(({ pid, chunk, offset }) => remotecall(pid, runChunk, body as Body, chunk, offset)),
  );
}

/** A loop that counts with 0 and 1 gives a number, not 0 | 1. */
type Widened<T> = T extends number ? number : T extends boolean ? boolean : T extends string ? string : T;

interface Share {
  pid: number;
  chunk: Chunk;
  offset: number;
}

/** Which worker gets which chunk. */
function divide(range: unknown, body: unknown, options: unknown): Share[] {
  if (typeof body !== "function") throw new UsageError("parallel(reducer, range, body): the body is a function");
  if (isDistributed(range)) return range.pids.map((pid) => ({ pid, chunk: range, offset: 0 }));
  const pids = workersFor(options);
  const whole = sequenceOf(range);
  return splitrange(0, whole.length, pids.length).map(({ start, stop }, i) => ({
    pid: pids[i] as number,
    chunk: whole.slice(start, stop),
    offset: start,
  }));
}

function workersFor(options: unknown): readonly number[] {
  if (options === undefined) return workers();
  demandKnownOptions("parallel", options, ["pool", "signal"]);
  const { pool } = options as ParallelOptions;
  return pool === undefined ? workers() : poolOf({ pool }, "parallel").workers;
}

function isDistributed(range: unknown): range is Distributed {
  return typeof range === "object" && range !== null && localElements in range;
}

interface Sequence {
  readonly length: number;
  slice(from: number, to: number): Chunk;
}

/** Anything that can be cut into chunks. Typed arrays are not copied here: a chunk is a view of its part. */
function sequenceOf(range: unknown): Sequence {
  if (range instanceof Range) {
    if (Number.isFinite(range.length)) return range;
    throw new UsageError(`parallel: ${range} has no end`);
  }
  if (Array.isArray(range)) return range;
  if (ArrayBuffer.isView(range) && "subarray" in range) {
    const typed = range as Float64Array;
    return { length: typed.length, slice: (from, to) => typed.subarray(from, to) };
  }
  if (isNumpy(range)) {
    return { length: range.shape[0] ?? 0, slice: (from, to) => range.slice(`${from}:${to}`) };
  }
  if (typeof Object(range)[Symbol.iterator] === "function") return Array.from(range as Iterable<unknown>);
  if (typeof range === "object" && range !== null && "length" in range) return Array.from(range as ArrayLike<unknown>);
  throw new UsageError(
    `parallel: ${range === null ? "null" : typeof range} cannot be looped over; give a range or list`,
  );
}

function isNumpy(value: unknown): value is { shape: readonly number[]; slice(spec: string): object } {
  const { shape, slice } = Object(value);
  return Array.isArray(shape) && shape.length > 0 && typeof slice === "function";
}

async function reduceLoop(reducer: Reducer, shares: Share[], body: Body, options: unknown): Promise<unknown> {
  const given = reducer.name ?? reducer.combine;
  const stop = new AbortController();
  const outer = contextSignal((options as ParallelOptions | undefined)?.signal);
  const abort = () => stop.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort, { once: true });
  try {
    const start = ({ pid, chunk, offset }: Share) => {
      const call = callUntil(stop.signal, pid, reduceChunk, [given, body, chunk, offset]);
      call.catch(() => {});
      return call;
    };
    const calls = inOneLook(() => shares.map(start));
    const partials = (await Promise.all(calls)) as Partial[];
    return combined(reducer, partials.flat());
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    outer?.removeEventListener("abort", abort);
  }
}

function combined(reducer: Reducer, values: readonly unknown[]): unknown {
  if (values.length === 0) {
    if (reducer.identity) return reducer.identity();
    throw new UsageError("parallel: there is nothing to reduce, and a function has no value for that");
  }
  let acc = values[0];
  for (const value of values.slice(1)) acc = reducer.combine(acc, value);
  return finished(reducer, acc);
}
