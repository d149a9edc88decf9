/**
 * The innermost loop of pmap. Beside the function it holds nothing that differs from one map to the next: V8 compiles it once and keeps
 * it, where a loop with the signal and the failures in it was compiled anew in most maps, for longer than a batch takes, on a
 * core that the workers need.
 */
import { isPromiseLike } from "../runtime/refs/context.ts";
import type { MapFunction } from "./job.ts";
import type { ReuseWatch } from "./reuse.ts";

type Call = (...elements: unknown[]) => unknown;
type Column = ArrayLike<unknown>;

export interface Stretch {
  readonly f: MapFunction;
  readonly columns: readonly Column[];
  readonly values: unknown[];
  readonly reuse: ReuseWatch;
  /** When to stop, by `performance.now()`. */
  readonly until: number;
  /** After how many elements to look at the clock. */
  readonly stride: number;
}

/**
 * Pushes the function's value for each element from `from` to below `to`. Ends early when the time is up, and after a promise and
 * an object that was given before, for the caller to see to. Gives the element after the last that ran; when it throws, `values` ends before
 * the element that failed.
 */
export function runStretch(stretch: Stretch, from: number, to: number): number {
  return stretch.columns.length === 1 ? throughOne(stretch, from, to) : throughMany(stretch, from, to);
}

function throughOne({ f, columns, values, reuse, until, stride }: Stretch, from: number, to: number): number {
  const call = f as Call;
  const column = columns[0] as Column;
  for (let place = from; place < to; ) {
    const value = call(column[place++]);
    const isLast = isObject(value) && (isPromiseLike(value) || reuse.isReused(value));
    values.push(value);
    if (isLast) return place;
    if (place % stride === 0 && performance.now() > until) return place;
  }
  return to;
}

function throughMany({ f, columns, values, reuse, until, stride }: Stretch, from: number, to: number): number {
  const call = f as Call;
  for (let place = from; place < to; ) {
    const at = place++;
    const value = call(...columns.map((column) => column[at]));
    const isLast = isObject(value) && (isPromiseLike(value) || reuse.isReused(value));
    values.push(value);
    if (isLast) return place;
    if (place % stride === 0 && performance.now() > until) return place;
  }
  return to;
}

/** Most values are not, and then nothing else is asked. */
function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
