/** How arrays travel: numpy-ts arrays as their elements, distributed arrays as their references, views as what they are a view of. */

import type { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { registerExtension } from "../runtime/wire/codec.ts";
import type { Decoder, Encoder, Extension } from "../runtime/wire/extension.ts";
import { Block } from "./block.ts";
import { DArray } from "./darray.ts";
import { type DType, type ElementType, type TypedArray, widthOf } from "./dtype.ts";
import { blockOf, isNDArray, type NDArray, ndarrayOf } from "./ndarray.ts";
import { halvesForWire, ownHalves } from "./packed-block.ts";
import { cut, type Layout, sameNumbers } from "./partition.ts";
import type { Selector } from "./selection.ts";
import { SubDArray } from "./subdarray.ts";

/** [type, shape, strides, offset, data]; strides and offset are 0 for dense elements in row-major order. */
type PackedArray = [dtype: DType, shape: number[], strides: number[] | 0, offset: number, data: unknown];

const ndarrayExtension: Extension<NDArray> = {
  tag: "ndarray",
  matches: isNDArray,
  encode(array, encoder) {
    const { dtype, shape, strides, offset, data } = sendable(array);
    const dense = new Block(dtype, data, shape, strides, offset).isContiguous && offset === 0;
    const sent = dtype === "float16" ? halvesForWire(data as TypedArray) : data;
    return [dtype, [...shape], dense ? 0 : [...strides], offset, encoder.put(sent, ".data")] satisfies PackedArray;
  },
  decode(payload, decoder) {
    const [dtype, shape, strides, offset, slot] = payload as PackedArray;
    const received = decoder.get(slot) as TypedArray;
    const data = dtype === "float16" ? ownHalves(received) : received;
    return ndarrayOf(strides === 0 ? new Block(dtype, data, shape) : new Block(dtype, data, shape, strides, offset));
  },
};

/**
 * The memory to send. An array that uses all of its memory sends it as it is, whatever its strides; a view of a larger one is
 * copied together. Results of numpy-ts lie in a heap that is used again once they are collected, maybe before they are sent: copied.
 */
function sendable(array: NDArray): Block & { dtype: DType } {
  const block = blockOf(array);
  const usesAll = block.size * widthOf(block.dtype) === block.data.length;
  const isLent = (array as unknown as { storage: { isWasmBacked?: boolean } }).storage.isWasmBacked;
  return (usesAll && !isLent ? block : block.copy()) as Block & { dtype: DType };
}

/** [dims, dist, pids, cuts (0 where they are even), type, references] */
type PackedDArray = [number[], number[], number[], number[][] | 0, ElementType, unknown[]];

/** One handle for each array, as long as its first reference's handle is the same. */
const handles = new WeakMap<RemoteRef, WeakRef<DArray>>();

const darrayExtension: Extension<DArray> = {
  tag: "darray",
  matches: (value): value is DArray => value instanceof DArray,
  encode(array, encoder) {
    const { layout, dtype, refs } = array.built;
    handles.set(refs[0] as RemoteRef, new WeakRef(array));
    const even = layout.cuts.every((borders, d) =>
      sameNumbers(borders, cut(layout.dims[d] as number, layout.dist[d] as number)),
    );
    const { dims, dist, pids, cuts } = layout;
    const slots = refs.map((ref, i) => encoder.put(ref, `.pieces[${i}]`));
    return [[...dims], [...dist], [...pids], even ? 0 : cuts.map((c) => [...c]), dtype, slots] satisfies PackedDArray;
  },
  decode(payload, decoder) {
    const [dims, dist, pids, given, dtype, slots] = payload as PackedDArray;
    const refs = slots.map((slot) => decoder.get(slot) as RemoteRef);
    const first = refs[0] as RemoteRef;
    const known = handles.get(first)?.deref();
    if (known && !known.isClosed) return known;
    const cuts = given === 0 ? dims.map((n, d) => cut(n, dist[d] as number)) : given;
    const layout: Layout = { dims, dist, pids, cuts };
    const array = new DArray({ layout, dtype, refs });
    handles.set(first, new WeakRef(array));
    return array;
  },
};

const viewExtension: Extension<SubDArray> = {
  tag: "dview",
  matches: (value): value is SubDArray => value instanceof SubDArray,
  encode: ({ parent, selection }, encoder: Encoder) => [
    encoder.put(parent, ".parent"),
    selection.map(({ start, step, count, drop }) => [start, step, count, drop]),
  ],
  decode(payload, decoder: Decoder) {
    const [parent, selection] = payload as [unknown, [number, number, number, boolean][]];
    const selectors = selection.map(([start, step, count, drop]): Selector => ({ start, step, count, drop }));
    return new SubDArray(decoder.get(parent) as DArray, selectors);
  },
};

export function registerArrayExtensions(): void {
  registerExtension(ndarrayExtension);
  registerExtension(darrayExtension);
  registerExtension(viewExtension);
}
