/**
 * The element types of arrays, by numpy's names: how each is stored, what two of them make together, and how a
 * JavaScript value becomes an element. Pure; numpy-ts is not needed for any of it.
 */
import { UsageError } from "../errors.ts";

export const dtypes = [
  "float64",
  "float32",
  "float16",
  "complex128",
  "complex64",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint64",
  "uint32",
  "uint16",
  "uint8",
  "bool",
] as const;

/** A type of numbers, by numpy's name. */
export type DType = (typeof dtypes)[number];
/** What the chunks of a DArray hold: numbers of a type, or any values at all. */
export type ElementType = DType | "object";

export type TypedArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Uint8ClampedArray;

export type TypedArrayConstructor = (new (
  buffer: ArrayBufferLike,
  byteOffset?: number,
  length?: number,
) => TypedArray) &
  (new (
    length: number,
  ) => TypedArray) & { BYTES_PER_ELEMENT: number; name: string };

/** A complex number as it is read from an array; numpy-ts's Complex has this shape. */
export interface ComplexLike {
  re: number;
  im: number;
}

// numpy-ts keeps float16 in a Float32Array where the engine has no Float16Array (Node 20 and 22); so do we.
const halfPrecision = (globalThis as { Float16Array?: TypedArrayConstructor }).Float16Array;

const storage: Record<DType, TypedArrayConstructor> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: halfPrecision ?? Float32Array,
  complex128: Float64Array,
  complex64: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

const names: ReadonlySet<unknown> = new Set(dtypes);

export function isDType(name: unknown): name is DType {
  return names.has(name);
}

/** Returns the name when it is a type of numbers; otherwise an error that lists them. */
export function checkDType(name: unknown): DType {
  if (isDType(name)) return name;
  const meant =
    typeof name === "string" && isDType(name.toLowerCase()) ? ` (did you mean "${name.toLowerCase()}"?)` : "";
  throw new UsageError(
    `${JSON.stringify(name) ?? String(name)} is not a type of numbers${meant}; use one of ${dtypes.join(", ")}`,
  );
}

export function isComplex(dtype: ElementType): boolean {
  return dtype === "complex128" || dtype === "complex64";
}

export function isBigInt(dtype: ElementType): boolean {
  return dtype === "int64" || dtype === "uint64";
}

export function isInteger(dtype: ElementType): boolean {
  return /^u?int/.test(dtype);
}

/** How many entries of the typed array make one element: two for complex numbers. */
export function widthOf(dtype: ElementType): 1 | 2 {
  return isComplex(dtype) ? 2 : 1;
}

export function storageOf(dtype: DType): TypedArrayConstructor {
  return storage[dtype];
}

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return storage[dtype].BYTES_PER_ELEMENT * widthOf(dtype);
}

const byConstructor = new Map<string, DType>([
  ["Uint8ClampedArray", "uint8"],
  ["Float16Array", "float16"],
  ...dtypes.filter((d) => d !== "bool" && d !== "float16" && !isComplex(d)).map((d) => [storage[d].name, d] as const),
]);

/** The type that a typed array's elements have; undefined for a DataView and anything else. */
export function dtypeOfTyped(array: ArrayBufferView): DType | undefined {
  return byConstructor.get((array as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "");
}

/** The type that one JavaScript value has as an element. */
export function dtypeOfValue(value: unknown): ElementType {
  if (typeof value === "number") return "float64";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  if (isComplexLike(value)) return "complex128";
  return "object";
}

export function isComplexLike(value: unknown): value is ComplexLike {
  return typeof value === "object" && value !== null && "re" in value && "im" in value;
}

/** The type that holds the elements of both, by numpy's rules. */
export function promote(a: ElementType, b: ElementType): ElementType {
  if (a === b) return a;
  if (a === "object" || b === "object") return "object";
  if (a === "bool") return b;
  if (b === "bool") return a;
  if (isComplex(a) || isComplex(b)) {
    return precision(a) === 64 || precision(b) === 64 ? "complex128" : "complex64";
  }
  if (isInteger(a) && isInteger(b)) return promoteIntegers(a, b);
  const bits = Math.max(precision(a), precision(b));
  return bits === 64 ? "float64" : bits === 32 ? "float32" : "float16";
}

/** The bits of the float that holds a type's values: float64 for int32 and longer, float32 for 16 bits, float16 for 8. */
function precision(dtype: ElementType): 16 | 32 | 64 {
  switch (dtype) {
    case "float16":
    case "int8":
    case "uint8":
      return 16;
    case "float32":
    case "complex64":
    case "int16":
    case "uint16":
      return 32;
    default:
      return 64;
  }
}

function promoteIntegers(a: DType, b: DType): DType {
  const signed = (d: DType) => d.startsWith("int");
  const bits = (d: DType) => bytesOf(d) * 8;
  if (signed(a) === signed(b)) return bits(a) >= bits(b) ? a : b;
  const [s, u] = signed(a) ? [a, b] : [b, a];
  if (bits(s) > bits(u)) return s;
  // An unsigned type as wide as the signed one needs the next wider signed type; there is none above 64 bits.
  return bits(u) === 64 ? "float64" : (`int${bits(u) * 2}` as DType);
}

/** The type of an array of `dtype` met by a plain JavaScript value: the array's own where the value fits into it. */
export function promoteWithScalar(dtype: ElementType, value: unknown): ElementType {
  const kind = dtypeOfValue(value);
  if (dtype === "object" || kind === "object") return "object";
  if (kind === "complex128") return precision(dtype) === 64 ? "complex128" : "complex64";
  if (kind === "bool") return dtype;
  if (isInteger(dtype))
    return fitsInto(dtype, value as number | bigint) ? dtype : kind === "int64" ? "int64" : "float64";
  if (dtype === "bool") return kind;
  return dtype;
}

/** Whether a number or bigint is exactly an element of that integer type. */
export function fitsInto(dtype: DType, value: number | bigint): boolean {
  if (typeof value === "number" && !Number.isInteger(value)) return false;
  const bits = BigInt(bytesOf(dtype) * 8);
  const big = BigInt(value);
  return dtype.startsWith("u") ? big >= 0n && big < 1n << bits : big >= -(1n << (bits - 1n)) && big < 1n << (bits - 1n);
}

/** What division of that type gives: floats stay, all else becomes float64. */
export function quotientType(dtype: ElementType): ElementType {
  return isInteger(dtype) || dtype === "bool" ? "float64" : dtype;
}
