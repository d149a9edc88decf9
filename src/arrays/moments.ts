/** Mean and spread of blocks: how many elements, their mean, the sum of squared deviations; partial ones go together (Chan et al.). */
import { UsageError } from "../errors.ts";
import { Block } from "./block.ts";
import { eachRow, stretch } from "./broadcast.ts";
import { loop } from "./compile.ts";
import { isComplex } from "./dtype.ts";
import { elementwise } from "./elementwise.ts";

export interface Moments {
  /** Elements in each group. */
  count: number;
  mean: Block;
  /** Sum of squared deviations from the mean. */
  squares: Block;
}

/** The moments along `axes`, which stay with size 1. Two passes: exact also where the mean is large. */
export function momentsAlong(block: Block, axes: readonly number[]): Moments {
  if (isComplex(block.dtype) || block.dtype === "object")
    throw new UsageError(`std and var are for real numbers, not for ${block.dtype}`);
  const shape = block.shape.map((size, d) => (axes.includes(d) ? 1 : size));
  const count = block.shape.reduce((n, size, d) => (axes.includes(d) ? n * size : n), 1);
  const sum = Block.alloc("float64", shape);
  const squares = Block.alloc("float64", shape);
  const add = loop(`sum ${block.dtype}`, "x, out, n, p, r, s, t", addBody);
  eachRow([block, stretch(sum, block.shape)], (n, at, by) => add(block.data, sum.data, n, at[0], at[1], by[0], by[1]));
  const mean = elementwise("div", sum, count);
  const deviate = loop(`squares ${block.dtype}`, "x, mean, out, n, p, q, r, s, t, u", deviateBody);
  eachRow([block, stretch(mean, block.shape), stretch(squares, block.shape)], (n, at, by) =>
    deviate(block.data, mean.data, squares.data, n, at[0], at[1], at[2], by[0], by[1], by[2]),
  );
  return { count, mean, squares };
}

const addBody = "for (let i = 0; i < n; i++, p += s, r += t) out[r] += Number(x[p]);";
const deviateBody =
  "for (let i = 0; i < n; i++, p += s, q += t, r += u) { const d = Number(x[p]) - mean[q]; out[r] += d * d; }";

export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const delta = elementwise("sub", b.mean, a.mean);
  const between = elementwise("mul", elementwise("mul", delta, delta), (a.count * b.count) / count);
  return {
    count,
    mean: elementwise("add", a.mean, elementwise("mul", delta, b.count / count)),
    squares: elementwise("add", elementwise("add", a.squares, b.squares), between),
  };
}

/** The variance; corrected: divided by one less than the number of elements. */
export function varianceOf({ count, squares }: Moments, corrected: boolean): Block {
  const by = corrected ? count - 1 : count;
  return elementwise("div", squares, by > 0 ? by : Number.NaN);
}
