/** pmap: a function over every element of one or more collections, on all workers, each taking the next element as it is free. */
import { UsageError } from "../errors.ts";
import { nworkers } from "../runtime/calls/membership.ts";
import { contextSignal } from "../runtime/refs/context.ts";
import { trackChild } from "../runtime/refs/sync.ts";
import { type Crew, LocalCrew, PoolCrew } from "./crew.ts";
import type { MapFunction } from "./job.ts";
import { checkOptions, type PmapOptions, poolOf, type StreamOptions, splitArguments } from "./pmap-options.ts";
import { PmapRun, type RunParts } from "./pmap-run.ts";
import { ResultStream } from "./result-stream.ts";
import { type Collection, openSource } from "./source.ts";

type Element<C> = C extends Collection<infer T> ? T : never;

interface Pmap {
  /**
   * Calls `f` with every element of a collection (or with the elements of several, side by side, as far as the shortest) on the
   * workers, and gives the results in the order of the elements. A free worker takes the next element; short elements are grouped by
   * measured time. Without `onError` and `retryDelays` the first error ends it.
   *
   * @example
   * console.log(await pmap((x) => x * x, range(5))); // [ 0, 1, 4, 9, 16 ]
   * @example
   * const sums = await pmap((a, b) => a + b, [1, 2, 3], [10, 20, 30]);
   * @example
   * const picky = (x: number) => x || Promise.reject(new Error("zero"));
   * console.log(await pmap(picky, [1, 0, 2], { onError: () => -1 })); // [ 1, -1, 2 ]
   */
  <A, R, X = never>(f: (a: A) => R, a: Collection<A>, options?: PmapOptions<X>): Promise<(Awaited<R> | X)[]>;
  <A, B, R, X = never>(
    f: (a: A, b: B) => R,
    a: Collection<A>,
    b: Collection<B>,
    options?: PmapOptions<X>,
  ): Promise<(Awaited<R> | X)[]>;
  <A, B, C, R, X = never>(
    f: (a: A, b: B, c: C) => R,
    a: Collection<A>,
    b: Collection<B>,
    c: Collection<C>,
    options?: PmapOptions<X>,
  ): Promise<(Awaited<R> | X)[]>;
  <T extends Collection[], R>(
    f: (...elements: { [I in keyof T]: Element<T[I]> }) => R,
    ...collections: T
  ): Promise<Awaited<R>[]>;

  /**
   * The same as an async iterator: results come while the map goes on, in the order of the elements or (`order: "completion"`) as they
   * are ready. Elements are read, and workers work, only as far ahead as results are taken. Leaving the loop stops the map.
   *
   * @example
   * for await (const square of pmap.stream((x) => x * x, range(1000))) {
   *   if (square > 50) break;
   *   console.log(square);
   * }
   */
  stream: {
    <A, R, X = never>(
      f: (a: A) => R,
      a: Collection<A>,
      options?: StreamOptions<X>,
    ): AsyncIterableIterator<Awaited<R> | X>;
    <A, B, R, X = never>(
      f: (a: A, b: B) => R,
      a: Collection<A>,
      b: Collection<B>,
      options?: StreamOptions<X>,
    ): AsyncIterableIterator<Awaited<R> | X>;
    <T extends Collection[], R>(
      f: (...elements: { [I in keyof T]: Element<T[I]> }) => R,
      ...collections: T
    ): AsyncIterableIterator<Awaited<R>>;
  };
}

function pmapAll(f: MapFunction, ...args: unknown[]): Promise<unknown[]> {
  return trackChild(collect(f, args));
}

async function collect(f: MapFunction, args: unknown[]): Promise<unknown[]> {
  const results: unknown[] = [];
  const parts = prepare("pmap", f, args, (first, values) => {
    // A list with a gap would become a slow one.
    while (results.length < first) results.push(undefined);
    for (let place = 0; place < values.length; place++) results[first + place] = values[place];
  });
  if (parts.source.total !== undefined) results.length = parts.source.total;
  await new PmapRun(parts).run();
  return results;
}

function pmapStream(f: MapFunction, ...args: unknown[]): AsyncIterableIterator<unknown> {
  const { options } = splitArguments(args);
  const stream = new ResultStream(options.order ?? "input");
  const parts = prepare("pmap.stream", f, args, stream.deliver);
  return stream.of(new PmapRun({ ...parts, window: (inOneRound) => Math.max(16, 4 * inOneRound) }));
}

function prepare(caller: "pmap" | "pmap.stream", f: unknown, args: unknown[], deliver: RunParts["deliver"]): RunParts {
  if (typeof f !== "function") throw new UsageError(`${caller}(f, ...collections): the function comes first`);
  const { collections, options } = splitArguments(args);
  checkOptions(options, caller);
  const stop = new AbortController();
  const crew = crewFor(caller, f as MapFunction, options, stop.signal);
  const source = openSource(collections, caller);
  return { f: f as MapFunction, source, crew, options, stop, signal: contextSignal(options.signal), deliver };
}

function crewFor(caller: string, f: MapFunction, options: PmapOptions, signal: AbortSignal): Crew {
  const jobOptions = {
    failFast: options.onError === undefined && options.retryDelays === undefined,
    concurrent: typeof options.batchSize === "number" && options.batchSize > 1,
  };
  if (options.distributed === false) return new LocalCrew(nworkers(), f, jobOptions, signal);
  return new PoolCrew(poolOf(options, caller), f, jobOptions, signal);
}

export const pmap: Pmap = Object.defineProperties(pmapAll as unknown as Pmap, {
  name: { value: "pmap" },
  stream: { value: Object.defineProperty(pmapStream, "name", { value: "pmap.stream" }), writable: true },
});
