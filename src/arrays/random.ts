/**
 * Random numbers into typed arrays, by V8's generator, which every process seeds from the operating system: workers draw
 * different numbers without further care. For numbers that can be repeated there is np.random.
 */
import { UsageError } from "../errors.ts";
import { Block } from "./block.ts";
import type { DType } from "./dtype.ts";

export type Distribution = "uniform" | "normal";

/** Uniform in [0, 1), or normal with mean 0 and deviation 1. */
export function randomBlock(kind: Distribution, dtype: DType, shape: readonly number[]): Block {
  if (!/^float(32|64)$/.test(dtype))
    throw new UsageError(`random numbers are float64 or float32, not ${dtype}; map makes others of them`);
  const block = Block.alloc(dtype, shape);
  const data = block.data as Float64Array;
  if (kind === "uniform") fillUniform(data);
  else fillNormal(data);
  return block;
}

function fillUniform(data: Float64Array | Float32Array): void {
  for (let i = 0; i < data.length; i++) data[i] = Math.random();
  // A double just below 1 rounds up to 1 in single precision.
  if (data instanceof Float32Array) for (let i = 0; i < data.length; i++) if (data[i] === 1) data[i] = 0;
}

/** Marsaglia's polar method: two numbers at a time. */
function fillNormal(data: Float64Array | Float32Array): void {
  for (let i = 0; i < data.length; ) {
    const u = 2 * Math.random() - 1;
    const v = 2 * Math.random() - 1;
    const s = u * u + v * v;
    if (s >= 1 || s === 0) continue;
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    data[i++] = u * factor;
    if (i < data.length) data[i++] = v * factor;
  }
}

/** One number. */
export function randomNumber(kind: Distribution): number {
  return randomBlock(kind, "float64", [1]).get(0) as number;
}
