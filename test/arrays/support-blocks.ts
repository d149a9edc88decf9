/** Arbitrary blocks for property tests: every dtype, any shape, dense, cut out of a larger one, or turned round. */
import fc from "fast-check";
import { Block } from "../../src/arrays/block.ts";
import { type DType, dtypes, isBigInt, isComplex } from "../../src/arrays/dtype.ts";

export function elementOfType(dtype: DType): fc.Arbitrary<unknown> {
  if (dtype === "bool") return fc.boolean();
  if (isBigInt(dtype)) return fc.bigInt(dtype === "int64" ? -50n : 0n, 50n);
  if (isComplex(dtype)) return fc.record({ re: fc.integer({ min: -9, max: 9 }), im: fc.integer({ min: -9, max: 9 }) });
  if (dtype.startsWith("u")) return fc.nat(11);
  return fc.integer({ min: -11, max: 11 });
}

export function block(dtype: DType, shape: readonly number[]): fc.Arbitrary<Block> {
  const size = shape.reduce((a, b) => a * b, 1);
  return fc
    .tuple(
      fc.array(elementOfType(dtype), { minLength: size, maxLength: size }),
      fc.constantFrom("dense", "F", "cut", "reversed"),
    )
    .map(([values, how]) => {
      const made = empty(dtype, shape, how);
      let i = 0;
      const fill = (place: number[]): void => {
        if (place.length === shape.length) made.set(values[i++], ...place);
        else for (let k = 0; k < (shape[place.length] as number); k++) fill([...place, k]);
      };
      fill([]);
      return made;
    });
}

function empty(dtype: DType, shape: readonly number[], how: string): Block {
  if (how === "F") return Block.alloc(dtype, shape, "F");
  const whole = (count: number, start = 0, step = 1) => ({ start, step, count, drop: false });
  if (how === "cut")
    return Block.alloc(
      dtype,
      shape.map((n) => 2 * n + 1),
    ).slice(shape.map((n) => whole(n, 1, 2)));
  if (how === "reversed") return Block.alloc(dtype, shape).slice(shape.map((n) => whole(n, Math.max(0, n - 1), -1)));
  return Block.alloc(dtype, shape);
}

export const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
export const anyType = fc.constantFrom(...dtypes);
export const anyBlock = fc.tuple(anyType, shapes).chain(([dtype, shape]) => block(dtype, shape));

/** A shape that stretches to the given one. */
export const stretchable = (shape: readonly number[]) =>
  fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .map(([drop, ones]) => shape.map((n, d) => (ones[d] ? 1 : n)).slice(drop));
