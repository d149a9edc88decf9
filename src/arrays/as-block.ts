/**
 * Anything with a shape as a Block: numpy-ts arrays, typed arrays, plain arrays (nested ones too, of numbers or of anything
 * else), shared arrays, and the arrays of other libraries that have data, shape and strides. And back, for the user.
 */
import { UsageError } from "../errors.ts";
import { Block, stridesOf } from "./block.ts";
import { dtypeOfTyped, dtypeOfValue, type ElementType, type TypedArray } from "./dtype.ts";
import { blockOf, isNDArray, ndarrayOf } from "./ndarray.ts";
import { product } from "./partition.ts";
import { shapeText } from "./selection.ts";

/** The value as a block over the same memory where it has memory of numbers; undefined when it has no shape. */
export function asBlock(value: unknown): Block | undefined {
  if (value instanceof Block) return value;
  if (typeof value !== "object" || value === null) return undefined;
  if (isNDArray(value)) return blockOf(value);
  if (ArrayBuffer.isView(value)) return ofTyped(value);
  if (Array.isArray(value)) return ofNested(value);
  const own = value as { toBlock?: () => unknown };
  if (typeof own.toBlock === "function") return own.toBlock() as Block;
  return ofForeign(value as Foreign);
}

/** The value as a block; an error that says what it is where it has no shape. */
export function demandBlock(value: unknown, what: string): Block {
  const block = asBlock(value);
  if (block) return block;
  throw new UsageError(`${what}: expected an array (numpy-ts, typed or plain), got ${kindOf(value)}`);
}

/** A block as users get it: a numpy-ts array of numbers, plain (nested) arrays of anything else. */
export function fromBlock(block: Block): unknown {
  if (block.dtype !== "object") return ndarrayOf(block);
  if (block.shape.length === 1 && block.isContiguous) return block.compact();
  return block.toNested();
}

export function kindOf(value: unknown): string {
  if (value === null || typeof value !== "object")
    return value === undefined ? "undefined" : `${typeof value} ${String(value)}`;
  return `an object of class ${(value as object).constructor?.name || "Object"} without a shape`;
}

function ofTyped(view: ArrayBufferView): Block | undefined {
  const dtype = dtypeOfTyped(view);
  return dtype && new Block(dtype, view as TypedArray, [(view as TypedArray).length]);
}

/** Plain arrays. Numbers, booleans and bigints become a typed array; a list of anything else stays the list it is. */
function ofNested(list: readonly unknown[]): Block {
  const shape = nestedShape(list);
  return ofList(shape.length === 1 ? list : list.flat(shape.length - 1), shape);
}

/** A list of elements, in row-major order, as a block of that shape. */
export function ofList(elements: readonly unknown[], shape: readonly number[]): Block {
  const dtype = elements.length === 0 ? "float64" : elements.map(dtypeOfValue).reduce(together);
  if (dtype === "object") return new Block("object", elements as unknown[], shape);
  const block = Block.alloc(dtype, shape);
  const flat = new Block(dtype, block.data, [elements.length]);
  if (dtype === "float64" || dtype === "bool") {
    for (let i = 0; i < elements.length; i++) block.data[i] = Number(elements[i]);
  } else for (let i = 0; i < elements.length; i++) flat.set(elements[i], i);
  return block;
}

/** Lists that mix truth values or bigints with numbers are left as they are; numbers and complex numbers go together. */
function together(a: ElementType, b: ElementType): ElementType {
  if (a === b) return a;
  const kinds = new Set([a, b]);
  return kinds.has("float64") && kinds.has("complex128") ? "complex128" : "object";
}

/** The lengths along the levels of nesting, as deep as all lists of a level agree and hold lists. */
function nestedShape(list: readonly unknown[]): number[] {
  const shape = [list.length];
  for (let level: readonly unknown[] = list; level.length > 0; ) {
    const first = level[0];
    if (!Array.isArray(first) || !level.every((row) => Array.isArray(row) && row.length === first.length)) break;
    shape.push(first.length);
    level = level.flat() as unknown[];
  }
  return shape;
}

/** The arrays of other libraries, such as `ndarray`: data, shape, strides (or stride) and offset. */
interface Foreign {
  data?: unknown;
  shape?: unknown;
  strides?: unknown;
  stride?: unknown;
  offset?: unknown;
}

function ofForeign(value: Foreign): Block | undefined {
  const { data, shape } = value;
  if (!isNumbers(shape)) return undefined;
  const isList = Array.isArray(data);
  if (!isList && !ArrayBuffer.isView(data)) return undefined;
  const dtype = isList ? "object" : dtypeOfTyped(data as ArrayBufferView);
  if (!dtype) return undefined;
  const strides = isNumbers(value.strides) ? value.strides : isNumbers(value.stride) ? value.stride : stridesOf(shape);
  return new Block(dtype, data as TypedArray, shape, strides, Number(value.offset ?? 0));
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isInteger(n));
}

/** The chunk for a region of `dims`: as it is where its shape fits, dense elements in row-major order where only their number does. */
export function fitBlock(value: unknown, dims: readonly number[], what: string): Block {
  const block = demandBlock(value, what);
  if (block.shape.length === dims.length && block.shape.every((n, d) => n === dims[d])) return block;
  if (block.shape.length === 1 && block.size === product(dims)) return block.contiguous().reshape(dims);
  throw new UsageError(
    `${what}: the chunk has the shape ${shapeText(block.shape)}, its part of the array is ${shapeText(dims)}`,
  );
}
