/**
 * SharedArray: one piece of memory that several processes of a host have mapped. Reading and writing is as fast as with any typed
 * array and needs no messages; who writes what at the same time is the program's own care (Atomics work on integer types, all but
 * wait and notify, which are for the threads of one process).
 */
import { inspect } from "node:util";
import { UsageError } from "../errors.ts";
import { Range } from "../parallel/range.ts";
import type { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { self } from "../runtime/wire/identity.ts";
import { fromBlock } from "./as-block.ts";
import { Block, copyInto, type Order, readAt, stridesOf, writeAt } from "./block.ts";
import { stretch } from "./broadcast.ts";
import { valuesOf } from "./distributed.ts";
import { type ComplexLike, type DType, storageOf } from "./dtype.ts";
import { type NDArray, ndarrayOf } from "./ndarray.ts";
import { product, sharedRange } from "./partition.ts";
import { type Index, select } from "./selection.ts";
import { mappingNamed, unmapEverywhere } from "./shared-mapping.ts";
import { header, showArray } from "./show.ts";

/** The typed array that keeps the elements of each type; complex numbers are pairs of floats. */
export interface StorageTypes {
  float64: Float64Array<ArrayBuffer>;
  float32: Float32Array<ArrayBuffer>;
  float16: Float32Array<ArrayBuffer>;
  complex128: Float64Array<ArrayBuffer>;
  complex64: Float32Array<ArrayBuffer>;
  int64: BigInt64Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
  int16: Int16Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  uint64: BigUint64Array<ArrayBuffer>;
  uint32: Uint32Array<ArrayBuffer>;
  uint16: Uint16Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  bool: Uint8Array<ArrayBuffer>;
}

/** What an element of each type is in JavaScript. */
export type ElementOf<D extends DType> = D extends "bool"
  ? boolean
  : D extends "int64" | "uint64"
    ? bigint
    : D extends "complex64" | "complex128"
      ? ComplexLike
      : number;

/** What all processes know of the array. */
export interface SharedMeta {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly order: Order;
  /** The participants. */
  readonly pids: readonly number[];
}

export class SharedArray<D extends DType = "float64"> {
  readonly dtype: D;
  readonly dims: readonly number[];
  /** "C": row-major, "F": column-major. */
  readonly order: Order;
  /** The processes that take part: each has a share of the linear indexes. The creator has the array mapped too. */
  readonly pids: readonly number[];
  /** The elements in memory order, at full speed. */
  readonly data: StorageTypes[D];
  readonly #refs: readonly RemoteRef[];
  readonly #strides: readonly number[];
  readonly #block: Block;
  #closed = false;

  /** @internal `refs`: a mapping on every process that has one, this one among them. */
  constructor(meta: SharedMeta, refs: readonly RemoteRef[]) {
    const own = refs.find((ref) => ref.where === self.pid);
    if (!own) throw notMapped(meta.pids, self.pid);
    this.dtype = meta.dtype as D;
    this.dims = meta.dims;
    this.order = meta.order;
    this.pids = meta.pids;
    this.#refs = refs;
    const Storage = storageOf(meta.dtype);
    this.data = new Storage(mappingNamed([own.whence, own.id]).buffer) as StorageTypes[D];
    this.#strides = stridesOf(meta.dims, meta.order);
    this.#block = new Block(meta.dtype, this.data, meta.dims, this.#strides);
  }

  /** How many elements there are. */
  get length(): number {
    return product(this.dims);
  }

  get ndim(): number {
    return this.dims.length;
  }

  /** One element; with ranges, or fewer indexes than dimensions, a copy of that part as a numpy-ts array. */
  get(...indexes: number[]): ElementOf<D>;
  get(...indexes: Index[]): ElementOf<D> | NDArray;
  get(...indexes: Index[]): ElementOf<D> | NDArray {
    const at = this.#place(indexes);
    if (at >= 0) return readAt(this.#block, at) as ElementOf<D>;
    return fromBlock(this.#block.slice(select(this.dims, indexes)).copy()) as NDArray;
  }

  /** Sets one element, or with ranges a part, to a value or to the elements of an array. */
  set(value: ElementOf<D> | NDArray | ArrayLike<unknown>, ...indexes: Index[]): void {
    const at = this.#place(indexes);
    if (at >= 0) return writeAt(this.#block, at, value);
    const selection = select(this.dims, indexes);
    const part = this.#block.slice(selection);
    copyInto(part, stretch(valuesOf(value, this.dtype, selection), part.shape));
  }

  /** Element `k` in memory order. */
  at(k: number): ElementOf<D> {
    if (!Number.isInteger(k) || k < 0 || k >= this.length) {
      throw new UsageError(`linear index ${k} is outside the array of ${this.length} elements`);
    }
    return readAt(this.#block, k) as ElementOf<D>;
  }

  /** Sets all elements. */
  fill(value: ElementOf<D>): this {
    new Block(this.dtype, this.data, [this.length]).fill(value);
    return this;
  }

  /** The same memory as a numpy-ts array. */
  ndarray(): NDArray {
    return ndarrayOf(this.#block);
  }

  /** The linear indexes that are this process's share; none on a process that does not take part. */
  get localindexes(): Range {
    const k = this.pids.indexOf(self.pid);
    const [start, stop] = k < 0 ? [0, 0] : sharedRange(this.length, this.pids.length, k);
    return new Range(start, stop);
  }

  /**
   * Lets go of the memory in all processes. It is given back when the last typed array over it has been collected; until then those
   * go on working.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await unmapEverywhere(this.#refs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  toBlock(): Block {
    return this.#block;
  }

  /** @internal */
  get refs(): readonly RemoteRef[] {
    if (this.#closed) throw new UsageError("the shared array has been closed");
    return this.#refs;
  }

  toString(): string {
    return header(this.dims, this.dtype, "SharedArray");
  }

  [inspect.custom](): string {
    return showArray(this.#block, { kind: "SharedArray" });
  }

  /** Where the element with these indexes is; -1 when they do not name one element. */
  #place(indexes: readonly Index[]): number {
    const { dims } = this;
    if (indexes.length !== dims.length) return -1;
    let at = 0;
    for (let d = 0; d < dims.length; d++) {
      const i = indexes[d];
      if (typeof i !== "number" || !Number.isInteger(i) || i < 0 || i >= (dims[d] as number)) return -1;
      at += i * (this.#strides[d] as number);
    }
    return at;
  }
}

export function notMapped(pids: readonly number[], pid: number): UsageError {
  return new UsageError(
    `the shared array belongs to processes ${pids.join(", ")}; it is not mapped on process ${pid} (give it in \`pids\` when the array is made)`,
  );
}

/**
 * The array behind a shared one: a numpy-ts array over the same memory. Any other array is given back as it is.
 *
 * @example
 * const S = await sharedArray("int32", [2, 2]);
 * console.log(sdata(S).shape); // [ 2, 2 ]
 */
export function sdata<T>(array: T): T extends SharedArray<DType> ? NDArray : T {
  return (array instanceof SharedArray ? array.ndarray() : array) as never;
}
