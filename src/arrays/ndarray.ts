/**
 * The one file that knows numpy-ts, whose NDArray is the array type users see. It is loaded at the first use of an array,
 * because that takes a tenth of a second; nothing here touches it before. Arrays cross this border without a copy, through
 * ArrayStorage of `numpy-ts/core`.
 */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import type * as Numpy from "numpy-ts";
import type { NDArray } from "numpy-ts";
import { addBuiltin } from "../runtime/closures/builtins.ts";
import { outOfReach } from "../runtime/wire/cut-off.ts";
import { Block, type Order, stridesOf } from "./block.ts";
import { type DType, isDType, promoteWithScalar, storageOf, type TypedArray } from "./dtype.ts";
import { showArray } from "./show.ts";

export type { NDArray } from "numpy-ts";

interface Loaded {
  numpy: typeof Numpy;
  NDArray: new (storage: object) => NDArray;
  ArrayStorage: new (
    data: TypedArray,
    shape: readonly number[],
    strides: readonly number[],
    offset: number,
    dtype: DType,
  ) => object;
}

let loaded: Loaded | undefined;

/** numpy-ts, loaded now if it was not. */
export function numpy(): typeof Numpy {
  return load().numpy;
}

function load(): Loaded {
  return loaded ?? outOfReach(loadNow);
}

function loadNow(): Loaded {
  const require = createRequire(import.meta.url);
  const numpy = require("numpy-ts") as typeof Numpy;
  const { ArrayStorage } = require("numpy-ts/core") as Pick<Loaded, "ArrayStorage">;
  loaded = { numpy, NDArray: numpy.NDArray as unknown as Loaded["NDArray"], ArrayStorage };
  seedRandom(numpy);
  showInOurWay(numpy.NDArray.prototype);
  return loaded;
}

/** numpy-ts 1.4 starts its generator from a fixed state: every worker would draw the same numbers. */
function seedRandom({ random }: typeof Numpy): void {
  const { mt } = random.get_state() as { mt: ArrayLike<number> };
  if (mt[0] === 0 && mt[1] === 0) random.seed(randomBytes(4).readUInt32LE());
}

/** numpy-ts 1.4 shows the fields of its storage; a reader wants the elements. */
function showInOurWay(prototype: object): void {
  const value = function (this: NDArray): string {
    return showArray(blockOf(this));
  };
  Object.defineProperty(prototype, inspect.custom, { value, configurable: true, writable: true });
}

/**
 * numpy-ts as a whole, loaded at the first use of one of its names.
 *
 * @example
 * console.log(np.sum(np.ones([2, 3]))); // 6
 */
export const np: typeof Numpy = new Proxy({} as typeof Numpy, {
  // A promise is not what this is; asking (as `await` does) must not load it.
  get: (_target, name) => {
    if (name === "then" || typeof name === "symbol") return undefined;
    return ofTwoArrays.has(name) ? numberFirst(name) : Reflect.get(numpy(), name);
  },
  has: (_target, name) => typeof name === "string" && Reflect.has(numpy(), name),
  ownKeys: () => Reflect.ownKeys(numpy()).filter((name) => typeof name === "string"),
  getOwnPropertyDescriptor: (_target, name) => {
    const own = Reflect.getOwnPropertyDescriptor(numpy(), name);
    return own && { ...own, configurable: true };
  },
});

/** What numpy-ts 1.4 computes of two arrays, or of an array and a number after it; NumPy takes the number first as well. */
const ofTwoArrays = new Set(
  (
    "add subtract multiply divide true_divide floor_divide mod remainder fmod power float_power maximum minimum fmax fmin " +
    "equal not_equal less less_equal greater greater_equal arctan2 hypot"
  ).split(" "),
);

type Binary = (...args: unknown[]) => unknown;
const numbersFirst = new Map<string, Binary>();

function numberFirst(name: string): Binary | undefined {
  const known = numbersFirst.get(name);
  if (known) return known;
  const original = (numpy() as unknown as Record<string, Binary | undefined>)[name];
  if (typeof original !== "function") return original;
  const binary: Binary = (a, b, ...rest) =>
    original(typeof a === "number" && isNDArray(b) ? beside(a, blockOf(b)) : a, b, ...rest);
  Object.defineProperty(binary, "name", { value: name });
  addBuiltin(binary, ["tjulia", "np", name]);
  numbersFirst.set(name, binary);
  return binary;
}

/** The number as an array that adapts to the other one: an integer beside integers is of their type. */
function beside(number: number, other: Block): NDArray {
  const dtype = promoteWithScalar(other.dtype, number) as DType;
  const one = Block.alloc(dtype, []);
  one.fill(number);
  // Of the other's shape, by strides of 0: arctan2 and hypot of numpy-ts 1.4 do not stretch their first array.
  return ndarrayOf(
    new Block(
      dtype,
      one.data,
      other.shape,
      other.shape.map(() => 0),
    ),
  );
}

const kindOfPrototype = new WeakMap<object, boolean>();

/** Whether the value is an array of numpy-ts, of this copy of it or of another. */
export function isNDArray(value: unknown): value is NDArray {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null || prototype === Object.prototype || prototype === Array.prototype) return false;
  const known = kindOfPrototype.get(prototype);
  if (known !== undefined) return known;
  const is = looksLikeNDArray(value as Partial<NDArray>);
  kindOfPrototype.set(prototype, is);
  return is;
}

/** Asked once for each class: minified, numpy-ts keeps no name to go by. */
function looksLikeNDArray(value: { storage?: unknown; iget?: unknown; slice?: unknown; astype?: unknown }): boolean {
  for (const name of ["iget", "slice", "astype"] as const) if (typeof value[name] !== "function") return false;
  const storage = value.storage as { data?: unknown; shape?: unknown; strides?: unknown; dtype?: unknown } | undefined;
  return ArrayBuffer.isView(storage?.data) && Array.isArray(storage?.shape) && isDType(storage?.dtype);
}

interface Storage {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly dtype: DType;
}

/** The array's elements as a block, over the same memory. */
export function blockOf(array: NDArray): Block {
  const { dtype, data, shape, strides, offset } = array.storage as unknown as Storage;
  return new Block(dtype, data, shape, strides, offset);
}

/** The block's elements as a numpy-ts array, over the same memory. */
export function ndarrayOf(block: Block): NDArray {
  const { NDArray, ArrayStorage } = load();
  const { data, shape, strides, offset, dtype } = block;
  return new NDArray(new ArrayStorage(data as TypedArray, [...shape], [...strides], offset, dtype as DType));
}

/** A numpy-ts array over a typed array, without a copy. */
export function wrap(data: TypedArray, shape: readonly number[], dtype: DType, order: Order = "C"): NDArray {
  const Expected = storageOf(dtype);
  if (data.constructor !== Expected) {
    data = new Expected(data.buffer, data.byteOffset, data.byteLength / Expected.BYTES_PER_ELEMENT);
  }
  return ndarrayOf(new Block(dtype, data, shape, stridesOf(shape, order)));
}
