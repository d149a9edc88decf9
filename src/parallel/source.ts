/**
 * What a pmap maps over, as its elements are needed: collections that can be indexed are cut, all others are read one element after the
 * other, no further than asked. Several collections go side by side and end with the shortest.
 */
import { UsageError } from "../errors.ts";
import { isPromiseLike } from "../runtime/refs/context.ts";
import { Range } from "./range.ts";

/** What can be mapped over. */
export type Collection<T = unknown> = Iterable<T> | AsyncIterable<T> | ArrayLike<T>;

/** One list for each collection: what a worker gets of it. */
export type Columns = readonly (ArrayLike<unknown> | Range)[];

export interface Source {
  /** How many elements there are; undefined while that is not known. */
  readonly total: number | undefined;
  /** Reads up to `count` more elements. Gives how many there were at once, or a promise of that; fewer than `count`: try again; 0: the end. */
  read(count: number): number | Promise<number>;
  /** The elements `first` to below `first + count`, which have been read. */
  columns(first: number, count: number): Columns;
  /** This element will not be asked for again. */
  release(index: number): void;
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
  cut(from: number, to: number): ArrayLike<unknown> | Range;
}

type Reader = Iterator<unknown> | AsyncIterator<unknown>;

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
function cutRange(range: Range, from: number, to: number): ArrayLike<unknown> | Range {
  if (to - from > 16) return range.slice(from, to);
  const numbers: number[] = [];
  for (let i = from; i < to; i++) numbers.push(range.start + i * range.step);
  return numbers;
}

type TypedArray = Float64Array | Int32Array | Uint8Array;

function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function* iterate(collection: Indexed): Iterator<unknown> {
  for (let i = 0; i < collection.length; i++) {
    const cut = collection.cut(i, i + 1);
    yield cut instanceof Range ? cut.start : cut[0];
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

/** Reads its collections in step. Elements are kept until they are released, so that they can be tried again. */
class ReadSource implements Source {
  readonly total = undefined;
  readonly #readers: readonly Reader[];
  readonly #kept = new Map<number, unknown[]>();
  /** How many rows have been read, and how many of them `read` has told of. */
  #next = 0;
  #told = 0;
  #pending: Promise<unknown> | undefined;
  #failed: { error: unknown } | undefined;
  #ended = false;

  constructor(readers: readonly Reader[]) {
    this.#readers = readers;
  }

  read(count: number): number | Promise<number> {
    if (this.#failed) throw this.#failed.error;
    if (this.#pending) return this.#pending.then(() => this.read(count));
    while (this.#next - this.#told < count && !this.#ended) {
      const row = this.#readRow();
      if (row instanceof Promise) return this.#readOn(row, count);
      if (row) this.#kept.set(this.#next++, row);
    }
    return this.#tell();
  }

  columns(first: number, count: number): Columns {
    const rows = Array.from({ length: count }, (_, i) => this.#kept.get(first + i) as unknown[]);
    return this.#readers.map((_, column) => rows.map((row) => row[column]));
  }

  release(index: number): void {
    this.#kept.delete(index);
  }

  close(): void {
    this.#end(undefined);
  }

  #tell(): number {
    const news = this.#next - this.#told;
    this.#told = this.#next;
    return news;
  }

  /**
   * A source that answers at once is read on; one that keeps us waiting hands over what it has at the end of the turn, so that the
   * workers need not wait for elements that may be long in coming.
   */
  #readOn(first: Promise<unknown[] | undefined>, count: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let turn: NodeJS.Immediate | undefined;
      let isOver = false;
      const finish = () => {
        clearImmediate(turn);
        if (!isOver) resolve(this.#tell());
        isOver = true;
      };
      const fail = (error: unknown) => {
        this.#pending = undefined;
        this.#failed = { error };
        if (this.#next > this.#told || isOver) return finish();
        isOver = true;
        reject(error);
      };
      const arrived = (row: unknown[] | undefined) => {
        this.#pending = undefined;
        if (row === undefined) return finish();
        this.#kept.set(this.#next++, row);
        if (isOver) return;
        if (this.#next - this.#told >= count || this.#ended) return finish();
        turn ??= setImmediate(finish);
        readNext();
      };
      const readNext = () => {
        const row = this.#readRow();
        if (row instanceof Promise) this.#pending = row.then(arrived, fail);
        else arrived(row);
      };
      if (this.#next > this.#told) turn = setImmediate(finish);
      this.#pending = first.then(arrived, fail);
    });
  }

  #readRow(): unknown[] | undefined | Promise<unknown[] | undefined> {
    const row: unknown[] = [];
    for (const reader of this.#readers) {
      let step: IteratorResult<unknown> | PromiseLike<IteratorResult<unknown>>;
      try {
        step = reader.next();
      } catch (error) {
        this.#end(reader);
        throw error;
      }
      if (isPromiseLike(step)) return this.#readRowOn(step, row);
      if (step.done) return this.#end(reader);
      row.push(step.value);
    }
    return row;
  }

  async #readRowOn(first: PromiseLike<IteratorResult<unknown>>, row: unknown[]): Promise<unknown[] | undefined> {
    let reader = this.#readers[row.length] as Reader;
    try {
      for (let step = await first; ; step = await reader.next()) {
        if (step.done) return this.#end(reader);
        row.push(step.value);
        if (row.length === this.#readers.length) return row;
        reader = this.#readers[row.length] as Reader;
      }
    } catch (error) {
      this.#end(reader);
      throw error;
    }
  }

  /** Tells the collections that have not ended by themselves that no more is wanted, so that they can clean up. */
  #end(endedItself: Reader | undefined): undefined {
    if (this.#ended) return;
    this.#ended = true;
    for (const reader of this.#readers) if (reader !== endedItself) giveUp(reader);
  }
}

/** Nobody is interested in how a source cleans up. */
function giveUp(reader: Reader): void {
  try {
    Promise.resolve(reader.return?.()).catch(() => {});
  } catch {}
}
