/**
 * What a pmap maps over, as its elements are needed: collections that can be indexed are cut, all others are read one element after the
 * other, no further than asked. Several collections go side by side and end with the shortest.
 */
import { UsageError } from "../errors.ts";
import { Range } from "./range.ts";
import { type Reader, ReadSource } from "./read-source.ts";

/** What can be mapped over. */
export type Collection<T = unknown> = Iterable<T> | AsyncIterable<T> | ArrayLike<T>;

/** Numbers of a range, from its place `from` on, as many as the batch has elements. */
export interface Steps {
  readonly start: number;
  readonly step: number;
  readonly from: number;
}

/** One list for each collection: what a worker gets of it. */
export type Columns = readonly (ArrayLike<unknown> | Steps)[];

/** The lists as they can be read by place. */
export function unfold(columns: Columns, count: number): ArrayLike<unknown>[] {
  return columns.map((column) => ("step" in column ? numbersOf(column, count) : column));
}

export interface Source {
  /** How many elements there are; undefined while that is not known. */
  readonly total: number | undefined;
  /** Reads up to `count` more elements. Gives how many there were at once, or a promise of that; fewer than `count`: try again; 0: the end. */
  read(count: number): number | Promise<number>;
  /** The elements `first` to below `first + count`, which have been read. */
  columns(first: number, count: number): Columns;
  /** The elements `first` to below `first + count` will not be asked for again. */
  release(first: number, count: number): void;
  /** No more will be read. */
  close(): void;
}

export function openSource(collections: readonly unknown[], caller: string): Source {
  if (collections.length === 0) throw new UsageError(`${caller}: give a collection after the function`);
  const all = collections.map((collection, i) => openCollection(collection, i, caller));
  if (all.every(isIndexed)) return new IndexedSource(all);
  const readers = all.map((one) => (isIndexed(one) ? iterate(one) : one));
  return new ReadSource(readers);
}

/** A collection of which any stretch can be had at any time. */
interface Indexed {
  readonly length: number;
  cut(from: number, to: number): ArrayLike<unknown> | Steps;
}

function isIndexed(one: Indexed | Reader): one is Indexed {
  return "cut" in one;
}

function openCollection(collection: unknown, place: number, caller: string): Indexed | Reader {
  if (Array.isArray(collection)) return { length: collection.length, cut: (from, to) => collection.slice(from, to) };
  if (isTypedArray(collection)) return { length: collection.length, cut: (from, to) => collection.subarray(from, to) };
  if (collection instanceof Range) {
    return { length: collection.length, cut: (from, to) => cutRange(collection, from, to) };
  }
  if (typeof collection === "string") return collection[Symbol.iterator]();
  if (typeof collection === "object" && collection !== null) {
    if (Symbol.asyncIterator in collection) return (collection as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in collection) return (collection as Iterable<unknown>)[Symbol.iterator]();
    const { length } = collection as ArrayLike<unknown>;
    if (Number.isInteger(length) && length >= 0) {
      return {
        length,
        cut: (from, to) => Array.from({ length: to - from }, (_, i) => (collection as ArrayLike<unknown>)[from + i]),
      };
    }
  }
  const what = collection === null || typeof collection !== "object" ? String(collection) : "an object";
  throw new UsageError(`${caller}: argument ${place + 2} is ${what}, which cannot be iterated`);
}

/** A few numbers are packed faster as they are. */
function cutRange(range: Range, from: number, to: number): ArrayLike<unknown> | Steps {
  const steps = { start: range.start, step: range.step, from };
  return to - from > 16 ? steps : numbersOf(steps, to - from);
}

/** The very numbers of the range: adding up steps would round otherwise. */
function numbersOf({ start, step, from }: Steps, count: number): number[] {
  const numbers: number[] = [];
  for (let i = from; i < from + count; i++) numbers.push(start + i * step);
  return numbers;
}

type TypedArray = Float64Array | Int32Array | Uint8Array;

function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function* iterate(collection: Indexed): Iterator<unknown> {
  for (let i = 0; i < collection.length; i++) {
    yield unfold([collection.cut(i, i + 1)], 1)[0]?.[0];
  }
}

class IndexedSource implements Source {
  readonly total: number;
  readonly #collections: readonly Indexed[];
  constructor(collections: readonly Indexed[]) {
    this.#collections = collections;
    this.total = Math.min(...collections.map((collection) => collection.length));
    if (this.total === Number.POSITIVE_INFINITY) {
      throw new UsageError("a range without end needs another collection beside it that ends");
    }
  }
  read(): number {
    return 0;
  }
  columns(first: number, count: number): Columns {
    return this.#collections.map((collection) => collection.cut(first, first + count));
  }
  release(): void {}
  close(): void {}
}
