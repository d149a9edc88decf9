/**
 * What DArray and the views of one are made of: the handle of an array whose pieces lie on several processes, reading and
 * writing its elements, and its end. The operations are in darray.ts.
 */
import { inspect } from "node:util";
import { processNames, UsageError } from "../errors.ts";
import { localElements } from "../parallel/loop-runner.ts";
import { Range } from "../parallel/range.ts";
import { registerService } from "../runtime/calls/services.ts";
import type { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { self } from "../runtime/wire/identity.ts";
import { processes } from "../runtime/wire/remote-process.ts";
import { asBlock, demandBlock, fromBlock } from "./as-block.ts";
import { ask } from "./ask.ts";
import type { Block } from "./block.ts";
import type { Built } from "./build.ts";
import { quick } from "./care.ts";
import { chunkHere, type Description, type PieceName } from "./description.ts";
import { bytesOf, dtypeOfValue, type ElementType } from "./dtype.ts";
import { gather, scatter } from "./gather.ts";
import type { NDArray } from "./ndarray.ts";
import { type Layout, product, regionOf, sizesOf } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import { noteFreed, weigh } from "./pressure.ts";
import { scalarBlock } from "./scalar-block.ts";
import { type Index, type Selection, select, selectAll, selectElement } from "./selection.ts";
import { header } from "./show.ts";

/** What `toArray` gives: numbers come as a numpy-ts array, anything else as plain arrays. */
export type Gathered<T> = T extends number | bigint | boolean | { re: number } ? NDArray : T[];

export class Distributed<T = number> {
  /** The size of each dimension. */
  readonly dims: readonly number[];
  /** The type of the elements, by numpy's name; "object" when they are not numbers. */
  readonly dtype: ElementType;
  /** The owners of the pieces, row-major over the grid of pieces. */
  readonly pids: readonly number[];
  /** Pieces along each dimension. */
  readonly dist: readonly number[];
  readonly #layout: Layout;
  readonly #refs: readonly RemoteRef[];
  readonly #unweigh: () => void;
  #closed = false;

  /** @internal */
  constructor({ layout, dtype, refs }: Built) {
    this.dims = layout.dims;
    this.dtype = dtype;
    this.pids = layout.pids;
    this.dist = layout.dist;
    this.#layout = layout;
    this.#refs = refs;
    this.#unweigh = weigh(this, elsewhereBytes(layout, dtype));
  }

  /** For each piece, in the order of `pids`, the ranges of indexes that it has, one for each dimension. */
  get indexes(): Range[][] {
    return this.pids.map((_, chunk) => regionOf(this.#layout, chunk).map(([start, stop]) => new Range(start, stop)));
  }

  /** How many elements there are. */
  get length(): number {
    return product(this.dims);
  }

  /** How many dimensions there are. */
  get ndim(): number {
    return this.dims.length;
  }

  /** One element, from its owner. */
  async get(...indexes: number[]): Promise<T> {
    const block = await gather(this.describe(), select(this.dims, selectElement(this.dims, indexes)));
    return block.get() as T;
  }

  /**
   * Sets one element, or with ranges (or fewer indexes than dimensions) a part of the array, to a value or to the elements of an array.
   *
   * @example
   * const d = await dzeros([4, 4]);
   * await d.set(1, 0, 0);
   * await d.set([5, 6, 7, 8], 1, ":"); // row 1
   */
  async set(value: T | NDArray | ArrayLike<unknown>, ...indexes: Index[]): Promise<void> {
    const selection = select(this.dims, indexes);
    await scatter(this.describe(), selection, valuesOf(value, this.dtype, selection));
  }

  /** Frees the pieces on all processes now, whoever else still holds the array. Doing it twice is harmless. */
  async close(): Promise<void> {
    if (this.#closed) return;
    const { layout, pieces } = this.describe();
    this.#closed = true;
    this.#unweigh();
    const alive = layout.pids.map((pid, chunk) => (processes.get(pid)?.isGone ? undefined : ([pid, chunk] as const)));
    await Promise.allSettled(alive.map((at) => at && ask(at[0], closePiece, pieces[at[1]] as PieceName)));
    for (const ref of this.#refs) ref.free();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether `close` was called here. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** @internal */
  describe(): Description {
    if (this.#closed) throw new UsageError("the DArray has been closed");
    return {
      layout: this.#layout,
      dtype: this.dtype,
      pieces: this.#refs.map((ref) => [ref.whence, ref.id] as const),
    };
  }

  /** @internal */
  get built(): Built {
    this.describe();
    return { layout: this.#layout, dtype: this.dtype, refs: this.#refs };
  }

  /** @internal The elements that `selection` chooses, as users get them. */
  async gathered(selection: Selection = selectAll(this.dims)): Promise<Gathered<T>> {
    return fromBlock(await gather(this.describe(), selection)) as Gathered<T>;
  }

  /** The elements of this process, for `parallel`: numbers of a vector, else what lies along the first dimension. */
  [localElements](): Iterable<unknown> {
    const description = this.describe();
    const chunk = chunkHere(description);
    if (chunk < 0) return [];
    const { block, part } = pieceNamed(description.pieces[chunk] as PieceName);
    if (block.shape.length === 1 && block.dtype !== "bool") return block.compact() as Iterable<unknown>;
    return part as Iterable<unknown>;
  }

  toString(): string {
    const end = this.#closed ? ", closed" : "";
    return `${header(this.dims, this.dtype, "DArray")} (${this.dist.join("×")} pieces on ${processNames(this.pids)}${end})`;
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** The size of the pieces on other processes. */
function elsewhereBytes(layout: Layout, dtype: ElementType): number {
  const own = layout.pids.indexOf(self.pid);
  const elements = product(layout.dims) - (own < 0 ? 0 : product(sizesOf(regionOf(layout, own))));
  return elements * (dtype === "object" ? 16 : bytesOf(dtype));
}

/** What to set the selected elements to: an array's elements, or one value for all of them. */
export function valuesOf(value: unknown, dtype: ElementType, selection: Selection): Block {
  const isElement = dtype === "object" && selection.every((s) => s.drop);
  const isArray = !isElement && typeof value === "object" && value !== null && dtypeOfValue(value) === "object";
  if (isArray && dtype !== "object") return demandBlock(value, "set");
  return (isArray && asBlock(value)) || scalarBlock(value);
}

/** Runs on the owner. */
function closePiece(name: PieceName): void {
  const piece = pieceNamed(name);
  const { data } = piece.block;
  piece.close();
  if (ArrayBuffer.isView(data)) noteFreed(data.byteLength);
}

export function installDistributed(): void {
  registerService("darray.close", closePiece, quick);
}
