/**
 * A Block is a strided view of numbers (a typed array) or of any values (a list): what the pieces of a distributed array,
 * shared arrays and numpy-ts arrays have in common. It reads and writes elements and copies regions; it knows neither
 * numpy-ts nor processes.
 */
import { UsageError } from "../errors.ts";
import { loop } from "./compile.ts";
import {
  type ComplexLike,
  type DType,
  type ElementType,
  isBigInt,
  isComplex,
  storageOf,
  type TypedArray,
  widthOf,
} from "./dtype.ts";
import { product, sameNumbers } from "./partition.ts";
import { type Selection, shapeText } from "./selection.ts";

/** Row-major is "C", column-major "F". */
export type Order = "C" | "F";

export class Block {
  readonly dtype: ElementType;
  readonly data: TypedArray | unknown[];
  readonly shape: readonly number[];
  /** Elements (not bytes) from one index to the next, for each dimension. */
  readonly strides: readonly number[];
  /** Where, in elements, the first one is. */
  readonly offset: number;

  constructor(
    dtype: ElementType,
    data: TypedArray | unknown[],
    shape: readonly number[],
    strides: readonly number[] = stridesOf(shape),
    offset = 0,
  ) {
    this.dtype = dtype;
    this.data = data;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }

  /** Fresh memory, zeros (for "object", undefined). */
  static alloc(dtype: ElementType, shape: readonly number[], order: Order = "C"): Block {
    const size = product(shape);
    const data = dtype === "object" ? new Array<unknown>(size).fill(undefined) : allocate(dtype, size);
    return new Block(dtype, data, shape, stridesOf(shape, order));
  }

  get size(): number {
    return product(this.shape);
  }

  /** True when the elements follow each other in row-major order. */
  get isContiguous(): boolean {
    let expected = 1;
    for (let d = this.shape.length - 1; d >= 0; d--) {
      const size = this.shape[d] as number;
      if (size === 0) return true;
      if (size > 1 && this.strides[d] !== expected) return false;
      expected *= size;
    }
    return true;
  }

  /** Where, in elements, the element with these indexes is. */
  at(indexes: readonly number[]): number {
    let at = this.offset;
    for (let d = 0; d < indexes.length; d++) at += (indexes[d] as number) * (this.strides[d] as number);
    return at;
  }

  get(...indexes: number[]): unknown {
    return readAt(this, this.at(indexes));
  }

  set(value: unknown, ...indexes: number[]): void {
    writeAt(this, this.at(indexes), value);
  }

  /** The selected part, over the same memory. */
  slice(selection: Selection): Block {
    const kept = selection.map((s, d) => ({ ...s, stride: this.strides[d] as number })).filter((s) => !s.drop);
    const offset = selection.reduce((at, s, d) => at + s.start * (this.strides[d] as number), this.offset);
    return new Block(
      this.dtype,
      this.data,
      kept.map((s) => s.count),
      kept.map((s) => s.stride * s.step),
      offset,
    );
  }

  /** The same elements under another shape. The block has to be contiguous. */
  reshape(shape: readonly number[]): Block {
    if (product(shape) !== this.size) {
      throw new UsageError(`${shapeText(this.shape)} elements do not fit into the shape ${shapeText(shape)}`);
    }
    return new Block(this.dtype, this.data, shape, stridesOf(shape), this.offset);
  }

  /** Dimension k of the result is dimension axes[k], over the same memory. Without axes, all turned round. */
  permute(axes: readonly number[] = this.shape.map((_, d) => d).reverse()): Block {
    const turned = (list: readonly number[]) => axes.map((axis) => list[axis] as number);
    return new Block(this.dtype, this.data, turned(this.shape), turned(this.strides), this.offset);
  }

  /** The elements in row-major order: a view of the memory where they lie so already, else a copy. */
  compact(): TypedArray | unknown[] {
    if (!this.isContiguous) return this.copy().data;
    const width = widthOf(this.dtype);
    const from = this.offset * width;
    const to = from + this.size * width;
    if (from === 0 && to === this.data.length) return this.data;
    return Array.isArray(this.data) ? this.data.slice(from, to) : this.data.subarray(from, to);
  }

  /** A block of its own memory, row-major. */
  copy(): Block {
    const copy = Block.alloc(this.dtype, this.shape);
    copyInto(copy, this);
    return copy;
  }

  /** The elements as another type; this block where it is of that type. */
  astype(dtype: ElementType): Block {
    if (dtype === this.dtype) return this;
    const other = Block.alloc(dtype, this.shape);
    copyInto(other, this);
    return other;
  }

  /** A row-major block: this one, or a copy. */
  contiguous(): Block {
    return this.isContiguous ? this : this.copy();
  }

  fill(value: unknown): void {
    if (this.isContiguous && !Array.isArray(this.data) && !isComplex(this.dtype)) {
      (this.compact() as Float64Array).fill(elementOf(this.dtype, value) as number);
    } else forEachAt(this, (at) => writeAt(this, at, value));
  }

  /** Nested plain arrays; the element itself where there are no dimensions. */
  toNested(): unknown {
    const nest = (d: number, at: number): unknown => {
      if (d === this.shape.length) return readAt(this, at);
      const stride = this.strides[d] as number;
      return Array.from({ length: this.shape[d] as number }, (_, i) => nest(d + 1, at + i * stride));
    };
    return nest(0, this.offset);
  }
}

/** Strides of a dense array of that shape. */
export function stridesOf(shape: readonly number[], order: Order = "C"): number[] {
  const strides = new Array<number>(shape.length);
  let next = 1;
  for (let k = 0; k < shape.length; k++) {
    const d = order === "C" ? shape.length - 1 - k : k;
    strides[d] = next;
    next *= shape[d] as number;
  }
  return strides;
}

/** A typed array of zeros for that many elements; an error in words where there is no memory for it. */
export function allocate(dtype: DType, elements: number): TypedArray {
  const Storage = storageOf(dtype);
  try {
    return new Storage(elements * widthOf(dtype));
  } catch (cause) {
    const gib = ((elements * widthOf(dtype) * Storage.BYTES_PER_ELEMENT) / 2 ** 30).toFixed(2);
    throw new RangeError(`no memory for ${elements} elements of ${dtype} (${gib} GiB) in one process`, { cause });
  }
}

/** The element at a place of the memory, as a JavaScript value: booleans of bool, bigints of int64, {re, im} of complex. */
export function readAt(block: Block, at: number): unknown {
  const data = block.data as number[];
  if (block.dtype === "bool") return data[at] !== 0;
  if (isComplex(block.dtype)) return { re: data[2 * at], im: data[2 * at + 1] };
  return data[at];
}

export function writeAt(block: Block, at: number, value: unknown): void {
  const data = block.data as number[];
  if (isComplex(block.dtype)) {
    const { re, im } = complexOf(value);
    data[2 * at] = re;
    data[2 * at + 1] = im;
  } else data[at] = elementOf(block.dtype, value) as number;
}

/** A JavaScript value as the typed array of that type takes it. */
export function elementOf(dtype: ElementType, value: unknown): unknown {
  if (dtype === "object") return value;
  if (dtype === "bool") return value ? 1 : 0;
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean") {
    throw new UsageError(`${describe(value)} is not a number; the array's elements are ${dtype}`);
  }
  if (!isBigInt(dtype)) return Number(value);
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw new UsageError(`${value} is not a whole number; the array's elements are ${dtype}`);
  }
  return BigInt(value);
}

function complexOf(value: unknown): ComplexLike {
  if (typeof value === "object" && value !== null && "re" in value) {
    const { re, im } = value as ComplexLike;
    return { re, im: im ?? 0 };
  }
  return { re: elementOf("float64", value) as number, im: 0 };
}

function describe(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : value === null
      ? "null"
      : `a value of type ${typeof value}`;
}

/** Calls `visit` with the place of each element, in row-major order. */
export function forEachAt(block: Block, visit: (at: number) => void): void {
  const { shape, strides } = block;
  const walk = (d: number, at: number): void => {
    if (d === shape.length) {
      visit(at);
      return;
    }
    const stride = strides[d] as number;
    for (let i = 0; i < (shape[d] as number); i++) walk(d + 1, at + i * stride);
  };
  walk(0, block.offset);
}

/** Copies all elements of `from` into `to`, which has the same shape; types are converted. */
export function copyInto(to: Block, from: Block): void {
  if (!sameNumbers(to.shape, from.shape)) {
    throw new UsageError(`cannot copy ${shapeText(from.shape)} elements into ${shapeText(to.shape)}`);
  }
  if (to.size === 0) return;
  const sameType = to.dtype === from.dtype && to.data.constructor === from.data.constructor;
  const width = widthOf(to.dtype);
  const stridedCopy = loop(`copy ${to.data.constructor.name}`, "to, a, sa, from, b, sb, n", stridedBody);
  // The innermost dimensions that are dense in both are one run of elements.
  let run = 1;
  let outer = to.shape.length;
  while (sameType && outer > 0) {
    const size = to.shape[outer - 1] as number;
    if (size > 1 && (to.strides[outer - 1] !== run || from.strides[outer - 1] !== run)) break;
    run *= size;
    outer--;
  }
  const walk = (d: number, a: number, b: number): void => {
    if (d === outer) {
      copyRun(to, a, from, b, run, width, sameType);
      return;
    }
    const n = to.shape[d] as number;
    const sa = to.strides[d] as number;
    const sb = from.strides[d] as number;
    if (d === outer - 1 && run === 1 && sameType && width === 1) {
      stridedCopy(to.data, a, sa, from.data, b, sb, n);
    } else for (let i = 0; i < n; i++) walk(d + 1, a + i * sa, b + i * sb);
  };
  walk(0, to.offset, from.offset);
}

function copyRun(to: Block, a: number, from: Block, b: number, run: number, width: number, sameType: boolean): void {
  if (!sameType) {
    writeAt(to, a, readAt(from, b));
    return;
  }
  const target = to.data as number[];
  const source = from.data as number[];
  if (run * width < 24 || Array.isArray(to.data)) {
    for (let i = 0; i < run * width; i++) target[a * width + i] = source[b * width + i] as number;
  } else (to.data as Float64Array).set((from.data as Float64Array).subarray(b * width, (b + run) * width), a * width);
}

const stridedBody = "for (let i = 0; i < n; i++, a += sa, b += sb) to[a] = from[b];";
