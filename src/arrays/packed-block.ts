/** Blocks as plain data for the wire: the type, the shape, and the elements in row-major order, without a copy where they lie so. */
import { Block } from "./block.ts";
import { type ElementType, storageOf, type TypedArray } from "./dtype.ts";

export type PackedBlock = readonly [
  dtype: ElementType,
  shape: readonly number[],
  data: TypedArray | readonly unknown[],
];

export function packBlock(block: Block): PackedBlock {
  const data = block.compact();
  return [block.dtype, block.shape, block.dtype === "float16" ? halvesForWire(data as TypedArray) : data];
}

export function unpackBlock([dtype, shape, data]: PackedBlock): Block {
  if (dtype !== "float16" || Array.isArray(data)) return new Block(dtype, data as TypedArray, shape);
  return new Block(dtype, ownHalves(data as TypedArray), shape);
}

/** Newer versions of Node keep float16 in two bytes, older ones in a Float32Array: that is what travels. */
export function halvesForWire(data: TypedArray): TypedArray {
  return data instanceof Float32Array ? data : Float32Array.from(data as unknown as Float32Array);
}

export function ownHalves(data: TypedArray): TypedArray {
  const Own = storageOf("float16");
  if (data.constructor === Own) return data;
  const own = new Own(data.length);
  (own as Float32Array).set(data as Float32Array);
  return own;
}
