/** Julia's rand, randn, zeros and ones: numpy-ts arrays in this process. */
import { readArguments } from "./arguments.ts";
import { Block } from "./block.ts";
import { checkDType, type DType } from "./dtype.ts";
import { type NDArray, ndarrayOf } from "./ndarray.ts";
import { type Distribution, randomBlock, randomNumber } from "./random.ts";

export interface PlainOptions {
  /** The type of the elements, by numpy's name. Default: "float64". */
  dtype?: DType;
}

type PlainArguments = number[] | [...number[], PlainOptions] | [dims: readonly number[], options?: PlainOptions];

/**
 * Random numbers in [0, 1): an array of these dimensions, one number without any.
 *
 * @example
 * console.log(rand(2, 3).shape); // [ 2, 3 ]
 */
export function rand(): number;
export function rand(...dims: PlainArguments): NDArray;
export function rand(...args: PlainArguments): NDArray | number {
  return random("rand", "uniform", args);
}

/**
 * Random numbers of the standard normal distribution: an array of these dimensions, one number without any.
 *
 * @example
 * console.log(randn(4).shape); // [ 4 ]
 */
export function randn(): number;
export function randn(...dims: PlainArguments): NDArray;
export function randn(...args: PlainArguments): NDArray | number {
  return random("randn", "normal", args);
}

/**
 * An array of zeros.
 *
 * @example
 * console.log(zeros(2, 2).tolist()); // [ [ 0, 0 ], [ 0, 0 ] ]
 */
export function zeros(...args: PlainArguments): NDArray {
  return filled("zeros", args, 0);
}

/**
 * An array of ones.
 *
 * @example
 * console.log(ones(3, { dtype: "int32" }).tolist()); // [ 1, 1, 1 ]
 */
export function ones(...args: PlainArguments): NDArray {
  return filled("ones", args, 1);
}

function random(name: string, kind: Distribution, args: readonly unknown[]): NDArray | number {
  if (args.length === 0) return randomNumber(kind);
  const { dims, dtype } = readPlain(name, args);
  return ndarrayOf(randomBlock(kind, dtype, dims));
}

function filled(name: string, args: readonly unknown[], value: number): NDArray {
  const { dims, dtype } = readPlain(name, args);
  const block = Block.alloc(dtype, dims);
  if (value !== 0) block.fill(value);
  return ndarrayOf(block);
}

function readPlain(name: string, args: readonly unknown[]): { dims: readonly number[]; dtype: DType } {
  const { dims, dtype = "float64" } = readArguments(name, args.length === 0 ? [[]] : args);
  return { dims, dtype: checkDType(dtype) };
}
