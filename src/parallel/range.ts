/**
 * Ranges: evenly spaced numbers, half open, told by start, stop and step. A value of its own: it iterates, can be indexed and cut,
 * and travels as three numbers. `splitrange` is how loops are divided among workers.
 */
import { inspect } from "node:util";
import { UsageError } from "../errors.ts";
import type { Extension } from "../runtime/wire/extension.ts";

/** The numbers from `start` to below `stop` (above it, when `step` is negative) in steps of `step`. Made by `range()`. */
export class Range implements Iterable<number> {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  /** How many numbers there are. */
  readonly length: number;

  constructor(start: number, stop: number, step = 1) {
    if (!Number.isFinite(start) || Number.isNaN(stop) || !Number.isFinite(step) || step === 0) {
      throw new UsageError(
        `range(${start}, ${stop}, ${step}): start and step are finite numbers, stop is a number, step is not 0`,
      );
    }
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = stepsBetween(start, stop, step);
  }

  /** The number at place `i`; undefined outside. */
  at(i: number): number | undefined {
    const place = i < 0 ? this.length + i : i;
    return place >= 0 && place < this.length && Number.isInteger(place) ? this.start + place * this.step : undefined;
  }

  /** The places `from` to below `to` as a range, as `Array.prototype.slice` does it. */
  slice(from = 0, to = this.length): Range {
    const lo = clampPlace(from, this.length);
    const hi = Math.max(lo, clampPlace(to, this.length));
    const stop = hi === this.length ? this.stop : this.start + hi * this.step;
    return new Range(this.start + lo * this.step, lo === hi ? this.start + lo * this.step : stop, this.step);
  }

  /** Whether `x` is one of its numbers. */
  includes(x: number): boolean {
    const place = (x - this.start) / this.step;
    return place >= 0 && place < this.length && Number.isInteger(place);
  }

  map<R>(fn: (x: number, place: number) => R): R[] {
    const out: R[] = [];
    for (let i = 0; i < this.length; i++) out.push(fn(this.start + i * this.step, i));
    return out;
  }

  toArray(): number[] {
    return this.map((x) => x);
  }

  [Symbol.iterator](): IterableIterator<number> {
    return new RangeIterator(this);
  }

  toString(): string {
    return this.step === 1 ? `range(${this.start}, ${this.stop})` : `range(${this.start}, ${this.stop}, ${this.step})`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

class RangeIterator implements IterableIterator<number> {
  readonly #range: Range;
  #place = 0;
  constructor(range: Range) {
    this.#range = range;
  }
  next(): IteratorResult<number, undefined> {
    const { start, step, length } = this.#range;
    if (this.#place >= length) return { done: true, value: undefined };
    return { done: false, value: start + this.#place++ * step };
  }
  [Symbol.iterator](): this {
    return this;
  }
}

/** A step that lands on `stop` but for rounding does not count: range(1, 1.3, 0.1) has three numbers. */
function stepsBetween(start: number, stop: number, step: number): number {
  const steps = (stop - start) / step;
  const whole = Math.round(steps);
  return Math.max(0, Math.abs(steps - whole) < 1e-9 * Math.abs(whole) ? whole : Math.ceil(steps));
}

function clampPlace(place: number, length: number): number {
  const whole = Math.trunc(place) || 0;
  return whole < 0 ? Math.max(0, length + whole) : Math.min(whole, length);
}

/**
 * The numbers 0 to below `stop`, or `start` to below `stop` in steps of `step` (default 1, may be negative or broken).
 *
 * @example
 * console.log([...range(3)], [...range(1, 4)], [...range(10, 0, -5)]); // [ 0, 1, 2 ] [ 1, 2, 3 ] [ 10, 5 ]
 */
export function range(stop: number): Range;
export function range(start: number, stop: number, step?: number): Range;
export function range(first: number, stop?: number, step = 1): Range {
  return stop === undefined ? new Range(0, first) : new Range(first, stop, step);
}

/**
 * Cuts `start` to below `stop` into at most `np` ranges in order, as a parallel loop over `np` workers does: all of the same
 * length, the first `n mod np` one longer; fewer when there are fewer numbers than `np`.
 *
 * @example
 * console.log(splitrange(0, 10, 3)); // [ range(0, 4), range(4, 7), range(7, 10) ]
 */
export function splitrange(start: number, stop: number, np: number): Range[] {
  if (!Number.isInteger(start) || !Number.isInteger(stop)) {
    throw new UsageError(`splitrange(${start}, ${stop}, ${np}): start and stop are whole numbers`);
  }
  if (!Number.isInteger(np) || np < 1) {
    throw new UsageError(`splitrange(${start}, ${stop}, ${np}): the number of pieces is a whole number from 1 up`);
  }
  const length = Math.max(0, stop - start);
  const each = Math.floor(length / np);
  const longer = length % np;
  const pieces: Range[] = [];
  for (let lo = start; lo < start + length; ) {
    const hi = lo + each + (pieces.length < longer ? 1 : 0);
    pieces.push(new Range(lo, hi));
    lo = hi;
  }
  return pieces;
}

/** Ranges travel as their three numbers; install.ts registers it. */
export const rangeExtension: Extension<Range> = {
  tag: "range",
  matches: (value): value is Range => value instanceof Range,
  encode: ({ start, stop, step }) => [start, stop, step],
  decode: (payload) => new Range(...(payload as [number, number, number])),
};
