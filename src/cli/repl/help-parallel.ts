/** Help for maps, loops and pools. Text only. */
import { entry, type HelpTexts } from "./help-entry.ts";

export const parallelTexts: HelpTexts = {
  pmap: entry(
    "pmap(f, ...collections, options?): Promise<R[]>",
    "Calls f with each element on the next free worker; results in the order of the input. Options: pool, batchSize, onError, retryDelays, retryCheck, signal, progress, distributed.",
    [
      "await pmap(x => x ** 2, range(5))",
      "await pmap(x => { if (x === 2) throw 1; return x }, [1, 2, 3], { onError: () => NaN })",
    ],
    "The first error stops it, unless onError or retryDelays say otherwise.",
  ),
  parallel: entry(
    "parallel(reducer, range, body): Promise   parallel(range, body): RemoteRef[]",
    'Splits a loop among the workers, one message each; reducers "+" "*" "min" "max" "&&" "||" "vcat" or a function. `@parallel (+) for …` makes it.',
    [
      'await parallel("+", range(1, 101), i => i)',
      "@parallel (+) for (let i = 0; i < 1000; i++) Math.random() < 0.5 ? 1 : 0",
    ],
    "The body works on copies: assigning to a variable outside changes it on that worker only. Reduce instead.",
  ),
  range: entry(
    "range(stop)   range(start, stop, step = 1): Range",
    "Numbers from start up to, not including, stop.",
    ["[...range(5)]", "range(0, 10, 2).length"],
    "Half open, unlike Julia's 1:5, which is range(1, 6).",
  ),
  Range: entry(
    "class Range { start; stop; step; length }",
    "What range() gives: can be looped over, travels, and cuts arrays.",
    ["range(3) instanceof Range", "range(2, 5).start"],
    "It holds no numbers; [...r] makes an array of them.",
  ),
  splitrange: entry(
    "splitrange(start, stop, np): Range[]",
    "How parallel divides: np pieces in order, the first n mod np one longer.",
    ["splitrange(0, 10, 3)", "splitrange(0, 10, nworkers())"],
    "Pieces may be empty when there are more processes than numbers.",
  ),
  WorkerPool: entry(
    "new WorkerPool(pids)",
    "Workers of which each is lent to one caller at a time; may stand for a pid in every call.",
    ["const pool = new WorkerPool(workers())", "await remotecallFetch(pool, () => myid())"],
    "A call through the pool waits until a worker is free; a call by pid does not ask the pool.",
  ),
  CachingPool: entry(
    "new CachingPool(pids)",
    "A WorkerPool that keeps the functions sent through it on the workers until clear().",
    ["const pool = new CachingPool(workers())", "await pmap(x => x + 1, [1, 2], { pool })"],
    "A function keeps the values it captured when it was first sent.",
  ),
  defaultWorkerPool: entry(
    "defaultWorkerPool(): WorkerPool",
    "The pool of all workers that pmap and remote use; workers enter and leave it by themselves.",
    ["defaultWorkerPool().length", "await remotecallFetch(defaultWorkerPool(), myid)"],
    "Do not take workers out of it for good: everything else uses it too.",
  ),
  remote: entry(
    "remote(pool?, f): (...args) => Promise",
    "A function that runs f on a free worker of the pool each time it is called.",
    ["const far = remote(defaultWorkerPool(), (x: number) => x + 1)", "await far(1)"],
    "It gives a promise, even when f does not.",
  ),
  exponentialBackoff: entry(
    "exponentialBackoff(n, { first?, max?, factor?, jitter? }): Iterable<number>",
    "Delays in seconds that grow, for retryDelays.",
    ["[...exponentialBackoff(3)]", "await pmap(x => x, [1], { retryDelays: exponentialBackoff(3) })"],
    "n is the number of retries, not of tries.",
  ),
};
