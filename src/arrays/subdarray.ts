/** A view of a distributed array: a choice of its elements. Nothing moves until it is read, then only what is needed. */
import { inspect } from "node:util";
import { fromBlock } from "./as-block.ts";
import type { Distributed, Gathered } from "./distributed.ts";
import { valuesOf } from "./distributed.ts";
import type { ElementType } from "./dtype.ts";
import { gather, scatter } from "./gather.ts";
import type { NDArray } from "./ndarray.ts";
import { product } from "./partition.ts";
import { type Index, type Selection, selectElement, selectedDims, selectWithin } from "./selection.ts";
import { header } from "./show.ts";

export class SubDArray<T = number> {
  /** The array that it is a view of. */
  readonly parent: Distributed<T>;
  readonly dims: readonly number[];
  readonly dtype: ElementType;
  /** @internal */
  readonly selection: Selection;

  /** @internal */
  constructor(parent: Distributed<T>, selection: Selection) {
    this.parent = parent;
    this.selection = selection;
    this.dims = selectedDims(selection);
    this.dtype = parent.dtype;
  }

  /** How many elements there are. */
  get length(): number {
    return product(this.dims);
  }

  get ndim(): number {
    return this.dims.length;
  }

  /** A view of this view. */
  view(...indexes: Index[]): SubDArray<T> {
    return new SubDArray(this.parent, selectWithin(this.selection, indexes));
  }

  /** The elements, copied here: each owner that has some is asked once, all at once. */
  async toArray(): Promise<Gathered<T>> {
    return fromBlock(await gather(this.parent.describe(), this.selection)) as Gathered<T>;
  }

  async get(...indexes: number[]): Promise<T> {
    const place = selectWithin(this.selection, selectElement(this.dims, indexes));
    return (await gather(this.parent.describe(), place)).get() as T;
  }

  /** Sets elements of the array that this is a view of. */
  async set(value: T | NDArray | ArrayLike<unknown>, ...indexes: Index[]): Promise<void> {
    const selection = selectWithin(this.selection, indexes);
    await scatter(this.parent.describe(), selection, valuesOf(value, this.dtype, selection));
  }

  toString(): string {
    return `${header(this.dims, this.dtype, "view")} of ${this.parent}`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
