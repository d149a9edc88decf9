/**
 * DArray: an array whose pieces lie on several processes. Its operations run where the pieces are, one call to each owner, and
 * give DArrays of the same layout where the shape allows. What they do is in the files darray-*.ts; this one is long because
 * every operation has its documentation here.
 */
import { UsageError } from "../errors.ts";
import { trackChild } from "../runtime/refs/sync.ts";
import type { Built } from "./build.ts";
import { copyOf, redistributed, reshaped, similarTo, transposed } from "./darray-layout.ts";
import { binary, equalsAll, map, mapInPlace } from "./darray-map.ts";
import { matmul } from "./darray-matmul.ts";
import {
  type Along,
  axesOf,
  type Reducing,
  reduceToArray,
  reduceToValue,
  spreadAlong,
  spreadOfAll,
} from "./darray-reduce.ts";
import { type SortOptions, sorted } from "./darray-sort.ts";
import { Distributed, type Gathered } from "./distributed.ts";
import { checkDType, type ElementType } from "./dtype.ts";
import type { BinaryOp } from "./elementwise.ts";
import type { ElementFunction } from "./map-block.ts";
import type { NDArray } from "./ndarray.ts";
import { planLayout, product } from "./partition.ts";
import type { Reduction } from "./reduce-block.ts";
import { namedReduction, type ReducerName } from "./reducers.ts";
import { type Index, select } from "./selection.ts";
import { SubDArray } from "./subdarray.ts";

/** What can stand on the other side: a number, or an array that fits by broadcasting. */
export type Other =
  | number
  | bigint
  | boolean
  | NDArray
  | Distributed<never>
  | SubDArray<never>
  | ArrayLike<unknown>
  | object;

export interface MapOptions {
  /** The type of the new array's elements. Default: by the first result of the function. */
  dtype?: ElementType;
}

export interface ReduceOptions<T> {
  /** Stands before all elements, and for none. */
  init?: T;
  /** The dimensions to reduce; they stay with size 1. Default: all, to a value. */
  dims?: Along;
}

export interface SpreadOptions {
  /** Divide by one less than the number of elements. Default: true. */
  corrected?: boolean;
}

export class DArray<T = number> extends Distributed<T> {
  /**
   * A view: for each dimension an integer (which drops it), a range, or ":" for all of it. Nothing is copied until it is read.
   *
   * @example
   * const d = await drand([100, 100]);
   * const row = await d.view(3, range(10, 20)).toArray();
   * console.log(row.shape); // [ 10 ]
   */
  view(...indexes: Index[]): SubDArray<T> {
    return new SubDArray<T>(this, select(this.dims, indexes));
  }

  /** All elements, copied here: a numpy-ts array of numbers, plain arrays of anything else. */
  toArray(): Promise<Gathered<T>> {
    return this.gathered();
  }

  /** Sets every element to `value`. */
  fill(value: T): Promise<this> {
    return this.#run(async () => {
      await this.set(value);
      return this;
    });
  }

  /**
   * `f` of every element (and of the elements of further arrays beside it), as a new array. The first result decides the type
   * of the elements; `{ dtype }` as the last argument chooses another.
   *
   * @example
   * const d = await dones([4]);
   * console.log(await (await d.map((x) => x + 1)).sum()); // 8
   */
  map<R = number>(f: (x: T, ...others: never[]) => R, ...rest: (Other | MapOptions)[]): Promise<DArray<R>> {
    return this.#make<R>(() => {
      const options = isMapOptions(rest.at(-1)) ? (rest.pop() as MapOptions) : {};
      const dtype = options.dtype === "object" ? "object" : options.dtype && checkDType(options.dtype);
      return map(f as ElementFunction, [this, ...rest], dtype);
    });
  }

  /** Replaces every element by `f` of it; the type of the elements stays. */
  mapInPlace(f: (x: T, ...others: never[]) => T, ...others: Other[]): Promise<this> {
    return this.#run(async () => {
      await mapInPlace(f as ElementFunction, this.describe(), others);
      return this;
    });
  }

  /**
   * Puts all elements together by an associative function or by name: "+", "*", "min", "max", "&&", "||".
   *
   * @example
   * const d = await distribute([3, 1, 2]);
   * console.log(await d.reduce((a, b) => Math.max(a, b))); // 3
   */
  reduce(op: ((a: T, b: T) => T) | ReducerName, options: ReduceOptions<T> & { dims: Along }): Promise<DArray<T>>;
  reduce(op: ((a: T, b: T) => T) | ReducerName, options?: ReduceOptions<T>): Promise<T>;
  reduce(op: ((a: T, b: T) => T) | ReducerName, options: ReduceOptions<T> = {}): Promise<T | DArray<T>> {
    return this.#reduce(() => ({ op: namedReduction(op) }), options) as Promise<T | DArray<T>>;
  }

  /** `f` of every element, then these put together by `op`. */
  mapreduce<R>(
    f: (x: T) => R,
    op: ((a: R, b: R) => R) | ReducerName,
    options: ReduceOptions<R> & { dims: Along },
  ): Promise<DArray<R>>;
  mapreduce<R>(f: (x: T) => R, op: ((a: R, b: R) => R) | ReducerName, options?: ReduceOptions<R>): Promise<R>;
  mapreduce<R>(
    f: (x: T) => R,
    op: ((a: R, b: R) => R) | ReducerName,
    options: ReduceOptions<R> = {},
  ): Promise<R | DArray<R>> {
    return this.#reduce(() => ({ op: namedReduction(op), map: f as ElementFunction }), options as object) as Promise<
      R | DArray<R>
    >;
  }

  /** The sum of all elements; along `dims`, a DArray in which these have size 1. */
  sum(): Promise<number>;
  sum(dims: Along): Promise<DArray>;
  sum(dims?: Along): Promise<number | DArray> {
    return this.#named("sum", dims);
  }

  prod(): Promise<number>;
  prod(dims: Along): Promise<DArray>;
  prod(dims?: Along): Promise<number | DArray> {
    return this.#named("prod", dims);
  }

  /** The smallest element; NaN when there is one. */
  min(): Promise<number>;
  min(dims: Along): Promise<DArray>;
  min(dims?: Along): Promise<number | DArray> {
    return this.#named("min", dims);
  }

  /** The largest element; NaN when there is one. */
  max(): Promise<number>;
  max(dims: Along): Promise<DArray>;
  max(dims?: Along): Promise<number | DArray> {
    return this.#named("max", dims);
  }

  /** Whether any element is true (not 0), or true for `f`. */
  any(f?: (x: T) => boolean): Promise<boolean>;
  any(dims: Along): Promise<DArray<boolean>>;
  any(how?: Along | ((x: T) => boolean)): Promise<boolean | DArray<boolean>> {
    return this.#tested("any", how) as Promise<boolean | DArray<boolean>>;
  }

  /** Whether all elements are true (not 0), or true for `f`. */
  all(f?: (x: T) => boolean): Promise<boolean>;
  all(dims: Along): Promise<DArray<boolean>>;
  all(how?: Along | ((x: T) => boolean)): Promise<boolean | DArray<boolean>> {
    return this.#tested("all", how) as Promise<boolean | DArray<boolean>>;
  }

  /** How many elements are true (not 0), or true for `f`. */
  count(f?: (x: T) => boolean): Promise<number>;
  count(dims: Along): Promise<DArray>;
  count(how?: Along | ((x: T) => boolean)): Promise<number | DArray> {
    return this.#tested("count", how) as Promise<number | DArray>;
  }

  /** The mean of all elements, or along `dims`. */
  mean(): Promise<number>;
  mean(dims: Along): Promise<DArray>;
  mean(dims?: Along): Promise<number | DArray> {
    if (dims === undefined) return this.#run(async () => quotient(await this.#named("sum", undefined), this.length));
    return this.#make(() => {
      const axes = axesOf(dims, this.dims);
      const count = product(axes.map((axis) => this.dims[axis] as number));
      return reduceToArray(this.describe(), { op: "sum" }, axes, count);
    });
  }

  /** The standard deviation, divided by n - 1 as in Julia; `{ corrected: false }` divides by n, as numpy does. */
  std(options?: SpreadOptions): Promise<number>;
  std(dims: Along, options?: SpreadOptions): Promise<DArray>;
  std(dims?: Along | SpreadOptions, options?: SpreadOptions): Promise<number | DArray> {
    return this.#spread(true, dims, options);
  }

  /** The variance; as `std`. */
  var(options?: SpreadOptions): Promise<number>;
  var(dims: Along, options?: SpreadOptions): Promise<DArray>;
  var(dims?: Along | SpreadOptions, options?: SpreadOptions): Promise<number | DArray> {
    return this.#spread(false, dims, options);
  }

  add(other: Other): Promise<DArray<T>> {
    return this.#binary("add", other);
  }
  sub(other: Other): Promise<DArray<T>> {
    return this.#binary("sub", other);
  }
  mul(other: Other): Promise<DArray<T>> {
    return this.#binary("mul", other);
  }
  /** Division; integers give float64. */
  div(other: Other): Promise<DArray<T>> {
    return this.#binary("div", other);
  }
  /** The remainder with the sign of the divisor. */
  mod(other: Other): Promise<DArray<T>> {
    return this.#binary("mod", other);
  }
  /** The remainder with the sign of the dividend, as JavaScript's %. */
  rem(other: Other): Promise<DArray<T>> {
    return this.#binary("rem", other);
  }
  pow(other: Other): Promise<DArray<T>> {
    return this.#binary("pow", other);
  }
  /** And of truth values, or of the bits of integers. */
  and(other: Other): Promise<DArray<T>> {
    return this.#binary("and", other);
  }
  or(other: Other): Promise<DArray<T>> {
    return this.#binary("or", other);
  }
  xor(other: Other): Promise<DArray<T>> {
    return this.#binary("xor", other);
  }

  /** Element by element: equal, not equal, less than, less or equal, greater than, greater or equal. */
  eq(other: Other): Promise<DArray<boolean>> {
    return this.#binary("eq", other);
  }
  ne(other: Other): Promise<DArray<boolean>> {
    return this.#binary("ne", other);
  }
  lt(other: Other): Promise<DArray<boolean>> {
    return this.#binary("lt", other);
  }
  le(other: Other): Promise<DArray<boolean>> {
    return this.#binary("le", other);
  }
  gt(other: Other): Promise<DArray<boolean>> {
    return this.#binary("gt", other);
  }
  ge(other: Other): Promise<DArray<boolean>> {
    return this.#binary("ge", other);
  }

  /** Whether `other` has the same shape and equal elements. */
  equals(other: Other): Promise<boolean> {
    return this.#run(() => equalsAll(this.describe(), other));
  }

  /**
   * The matrix product with an array or DArray, matrix or vector.
   *
   * @example
   * const a = await dones([4, 3]);
   * console.log((await a.matmul(await dones([3]))).dims); // [ 4 ]
   */
  matmul(other: Other): Promise<DArray<T>> {
    return this.#make(() => matmul(this.describe(), other));
  }

  /** The sum of the products of the elements of two arrays of one shape. */
  dot(other: Other): Promise<number> {
    return this.#run(async () => {
      const products = await this.mul(other);
      try {
        return await products.sum();
      } finally {
        await products.close();
      }
    });
  }

  /** The dimensions turned round, or in the order of `axes`; every piece stays on its process. */
  transpose(...axes: number[]): Promise<DArray<T>> {
    const order = axes.length > 0 ? axes : this.dims.map((_, d) => d).reverse();
    return this.#make(() => transposed(this.describe(), order));
  }

  /** The same elements in row-major order under another shape. Nothing moves: where the cuts do not allow it, an error. */
  reshape(...dims: number[] | [readonly number[]]): Promise<DArray<T>> {
    return this.#make(() => reshaped(this.describe(), dims.flat() as number[]));
  }

  copy(): Promise<DArray<T>> {
    return this.#make(() => copyOf(this.describe()));
  }

  /** An array of the same layout, of zeros, of the same type unless another is given. */
  similar(dtype: ElementType = this.dtype): Promise<DArray<T>> {
    return this.#make(() => similarTo(this.describe(), dtype === "object" ? dtype : checkDType(dtype)));
  }

  /** The same elements on other processes or cut in another way. */
  redistribute(procs: readonly number[] = this.pids, dist?: readonly number[]): Promise<DArray<T>> {
    return this.#make(() => {
      const layout = planLayout({ dims: this.dims, procs, dist, workers: this.pids });
      return redistributed(this.describe(), layout);
    });
  }

  /** A sorted copy of a vector, in the same layout. NaN comes last. Options: `by`, `rev`, `compare`. */
  sort(options: SortOptions<T> = {}): Promise<DArray<T>> {
    return this.#make(() => sorted(this.describe(), options as SortOptions));
  }

  #binary<R>(op: BinaryOp, other: Other): Promise<DArray<R>> {
    return this.#make<R>(() => binary(op, this, other));
  }

  /** Runs one operation: a `sync` around it waits for it, and the array lives as long as it runs. */
  #run<R>(operation: () => Promise<R>): Promise<R> {
    return trackChild((async () => operation())());
  }

  #make<R>(make: () => Promise<Built>): Promise<DArray<R>> {
    return this.#run(async () => new DArray<R>(await make()));
  }

  #named(op: Reduction, dims: Along | undefined): Promise<number | DArray> {
    return this.#reduce(() => ({ op }), dims === undefined ? {} : { dims }) as Promise<number | DArray>;
  }

  #tested(op: Reduction, how: Along | ((x: T) => boolean) | undefined): Promise<unknown> {
    if (typeof how === "function") return this.#reduce(() => ({ op, map: how as ElementFunction }), {});
    return this.#reduce(() => ({ op }), how === undefined ? {} : { dims: how });
  }

  #reduce(how: () => Reducing, options: { init?: unknown; dims?: Along }): Promise<unknown> {
    const { dims } = options;
    if (dims === undefined) {
      const init = "init" in options ? { value: options.init } : undefined;
      return this.#run(async () => reduceToValue(this.describe(), how(), init));
    }
    return this.#make(() => {
      if ("init" in options) throw new UsageError("reduce: init is for a reduction to a value, without dims");
      return reduceToArray(this.describe(), how(), axesOf(dims, this.dims));
    });
  }

  #spread(root: boolean, dims?: Along | SpreadOptions, options: SpreadOptions = {}): Promise<number | DArray> {
    if (isSpreadOptions(dims)) return this.#spread(root, undefined, dims);
    const { corrected = true } = options;
    if (dims === undefined) return this.#run(() => spreadOfAll(this.describe(), root, corrected));
    return this.#make(() => spreadAlong(this.describe(), root, corrected, axesOf(dims, this.dims)));
  }
}

function quotient(sum: unknown, count: number): number {
  if (typeof sum !== "object") return Number(sum) / count;
  const { re, im } = sum as { re: number; im: number };
  return { re: re / count, im: im / count } as never;
}

function isSpreadOptions(dims: Along | SpreadOptions | undefined): dims is SpreadOptions {
  return typeof dims === "object" && !Array.isArray(dims);
}

function isMapOptions(value: unknown): value is MapOptions {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.keys(value).every((key) => key === "dtype");
}
