import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asBlock, fromBlock } from "../../src/arrays/as-block.ts";
import { Block, copyInto } from "../../src/arrays/block.ts";
import { dtypes, promote } from "../../src/arrays/dtype.ts";
import { type BinaryOp, elementwise } from "../../src/arrays/elementwise.ts";
import { mapBlock, mapBlockInPlace } from "../../src/arrays/map-block.ts";
import { blockOf, isNDArray, type NDArray, ndarrayOf, np } from "../../src/arrays/ndarray.ts";
import { mergeInto, type Reduction, reduceAll, reduceAlong } from "../../src/arrays/reduce-block.ts";
import { select } from "../../src/arrays/selection.ts";
import { anyBlock, anyType, block, shapes, stretchable } from "./support-blocks.ts";

const nested = (b: Block) => b.toNested();

describe("blocks", () => {
  it("copies between any layouts", () => {
    fc.assert(
      fc.property(
        fc.tuple(anyType, shapes).chain(([t, s]) => fc.tuple(block(t, s), block(t, s))),
        ([to, from]) => {
          const expected = nested(from);
          copyInto(to, from);
          expect(nested(to)).toEqual(expected);
          expect(nested(from.copy())).toEqual(expected);
          expect(nested(from.permute().permute())).toEqual(expected);
        },
      ),
    );
  });

  it("cuts out what indexing chooses", () => {
    const a = asBlock([
      [1, 2, 3],
      [4, 5, 6],
    ]) as Block;
    expect(nested(a.slice(select([2, 3], [1])))).toEqual([4, 5, 6]);
    expect(nested(a.slice(select([2, 3], [":", { start: 2, stop: -1, step: -2 }])))).toEqual([
      [3, 1],
      [6, 4],
    ]);
    expect(nested(a.slice(select([2, 3], [0, 1])))).toBe(2);
  });

  it("converts between types", () => {
    const to = Block.alloc("int64", [3]);
    copyInto(to, asBlock([1, 2, 3]) as Block);
    expect(nested(to)).toEqual([1n, 2n, 3n]);
    expect(() => copyInto(to, asBlock([1, 2.5, 3]) as Block)).toThrow("2.5 is not a whole number");
    expect(() => to.set("a", 0)).toThrow('"a" is not a number; the array\'s elements are int64');
  });
});

describe("anything with a shape", () => {
  it("is a block: plain arrays", () => {
    const types = (value: unknown) => [asBlock(value)?.dtype, asBlock(value)?.shape];
    expect(types([1, 2.5])).toEqual(["float64", [2]]);
    expect(types([[true], [false]])).toEqual(["bool", [2, 1]]);
    expect(types([1n, 2n])).toEqual(["int64", [2]]);
    expect(
      types([
        ["a", "b"],
        ["c", "d"],
      ]),
    ).toEqual(["object", [2, 2]]);
    expect(types([[1, 2], [3]])).toEqual(["object", [2]]);
    expect(types([1, "a"])).toEqual(["object", [2]]);
    expect(types([1, { re: 0, im: 1 }])).toEqual(["complex128", [2]]);
    expect(types([])).toEqual(["float64", [0]]);
    expect(types([[], []])).toEqual(["float64", [2, 0]]);
    expect(types({})).toEqual([undefined, undefined]);
    expect(types("abc")).toEqual([undefined, undefined]);
  });

  it("is a block over the same memory: typed arrays, numpy-ts arrays, arrays of other libraries, lists", () => {
    const data = new Float32Array(6);
    expect((asBlock(data) as Block).data).toBe(data);
    const array = np.array([
      [1, 2],
      [3, 4],
    ]);
    (asBlock(array) as Block).set(9, 0, 1);
    expect(array.get([0, 1])).toBe(9);
    const foreign = { data, shape: [2, 2], stride: [3, 1], offset: 1 };
    (asBlock(foreign) as Block).set(5, 1, 0);
    expect(data[4]).toBe(5);
    const list = ["a", "b"];
    expect((asBlock(list) as Block).data).toBe(list);
    expect(fromBlock(asBlock(list) as Block)).toBe(list);
  });

  it("goes to numpy-ts and back over the same memory, whatever its type and strides", () => {
    fc.assert(
      fc.property(anyBlock, (b) => {
        const array = ndarrayOf(b);
        expect(isNDArray(array)).toBe(true);
        const back = blockOf(array);
        expect(back.data).toBe(b.data);
        expect(nested(back)).toEqual(nested(b));
      }),
    );
    for (const value of [null, 1, {}, [], new Map(), new Float64Array(1), { storage: {} }])
      expect(isNDArray(value)).toBe(false);
  });
});

describe("element types", () => {
  it("of results are numpy's", () => {
    // numpy-ts 1.4 promotes 32-bit integers with float32 and complex64 as numpy does only in its arithmetic.
    for (const a of dtypes)
      for (const b of dtypes)
        expect([a, b, promote(a, b)]).toEqual([a, b, np.add(np.ones([1], a), np.ones([1], b)).dtype]);
  });

  it.each<[string, unknown, string]>([
    ["int32", 1, "int32"],
    ["int32", 1.5, "float64"],
    ["uint8", 300, "float64"],
    ["uint8", -1, "float64"],
    ["float32", 1.5, "float32"],
    ["bool", 2, "float64"],
    ["bool", true, "bool"],
    ["int64", 1, "int64"],
    ["int64", 1n, "int64"],
    ["int32", 1n, "int32"],
    ["float64", 1n, "float64"],
    ["complex64", 2, "complex64"],
  ])("of %s and the number %s is %s", (dtype, scalar, result) => {
    const a = Block.alloc(dtype as "int32", [2]);
    expect(elementwise("add", a, scalar).dtype).toBe(result);
    expect(elementwise("add", scalar, a).dtype).toBe(result);
  });
});

/** All places of an array, in row-major order. */
function placesIn(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>((all, n) => all.flatMap((p) => Array.from({ length: n }, (_, i) => [...p, i])), [[]]);
}

/** The element that broadcasting puts at that place. */
function stretched(b: Block, place: readonly number[]): unknown {
  const own = place.slice(place.length - b.shape.length);
  return b.get(...own.map((i, d) => (b.shape[d] === 1 ? 0 : i)));
}

describe("arithmetic and comparison", () => {
  type Complex = { re: number; im: number };
  const ofComplex: Partial<Record<BinaryOp, (a: Complex, b: Complex) => unknown>> = {
    add: (a, b) => ({ re: a.re + b.re, im: a.im + b.im }),
    sub: (a, b) => ({ re: a.re - b.re, im: a.im - b.im }),
    mul: (a, b) => ({ re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re }),
    eq: (a, b) => a.re === b.re && a.im === b.im,
    ne: (a, b) => a.re !== b.re || a.im !== b.im,
  };
  // biome-ignore lint/suspicious/noExplicitAny: numbers and bigints alike
  const ofNumbers: Partial<Record<BinaryOp, (a: any, b: any) => unknown>> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div: (a, b) => a / b,
    // biome-ignore lint/suspicious/noDoubleEquals: 1n == 1
    eq: (a, b) => a == b,
    // biome-ignore lint/suspicious/noDoubleEquals: 1n != 1
    ne: (a, b) => a != b,
    lt: (a, b) => a < b,
    ge: (a, b) => a >= b,
  };
  const names = {
    add: np.add,
    sub: np.subtract,
    mul: np.multiply,
    div: np.divide,
    eq: np.equal,
    ne: np.not_equal,
    lt: np.less,
    ge: np.greater_equal,
  };
  const pair = fc.tuple(anyType, anyType, shapes).chain(([a, b, shape]) =>
    fc.tuple(
      block(a, shape),
      stretchable(shape).chain((s) => block(b, s)),
    ),
  );

  for (const op of Object.keys(names) as (keyof typeof names)[]) {
    it(`${op} of any two types, broadcasting included`, () => {
      fc.assert(
        fc.property(pair, ([a, b]) => {
          const complex = /complex/.test(a.dtype + b.dtype);
          fc.pre(!(complex && !ofComplex[op]));
          // numpy has no difference of truth values.
          fc.pre(!(op === "sub" && a.dtype === "bool" && b.dtype === "bool"));
          const got = elementwise(op, a, b);
          const whole = (n: unknown) => (typeof n === "object" ? n : { re: Number(n), im: 0 }) as Complex;
          const big = /int64/.test(got.dtype);
          const number = (n: unknown) => (typeof n === "object" ? n : big ? BigInt(n as number) : Number(n));
          const wanted = Block.alloc(got.dtype, got.shape);
          for (const place of placesIn(got.shape)) {
            const [x, y] = [stretched(a, place), stretched(b, place)];
            wanted.set(complex ? ofComplex[op]?.(whole(x), whole(y)) : ofNumbers[op]?.(number(x), number(y)), ...place);
          }
          expect(nested(got)).toEqual(nested(wanted));
          if (op === "div" || complex) return;
          expect(got.dtype).toBe(
            (names[op](np.ones([1], a.dtype as "int8"), np.ones([1], b.dtype as "int8")) as NDArray).dtype,
          );
        }),
      );
    });
  }

  it("keeps the sign of the divisor in mod, of the dividend in rem", () => {
    const a = asBlock([-3, 3, 5.5]) as Block;
    expect(nested(elementwise("mod", a, 2))).toEqual([1, 1, 1.5]);
    expect(nested(elementwise("rem", a, 2))).toEqual([-1, 1, 1.5]);
    expect(nested(elementwise("mod", asBlock([-3n, 3n]) as Block, 2))).toEqual([1n, 1n]);
    expect(nested(elementwise("pow", 2, a))).toEqual([0.125, 8, 2 ** 5.5]);
  });

  it("multiplies 32-bit integers exactly", () => {
    const a = asBlock(Int32Array.of(123456789)) as Block;
    expect(nested(elementwise("mul", a, a))).toEqual([Math.imul(123456789, 123456789)]);
  });

  it("works on truth values, and refuses what has no meaning", () => {
    const t = asBlock([true, true, false]) as Block;
    expect(nested(elementwise("and", t, asBlock([true, false, false]) as Block))).toEqual([true, false, false]);
    expect(nested(elementwise("xor", t, true))).toEqual([false, false, true]);
    expect(() => elementwise("or", asBlock([1.5]) as Block, 1)).toThrow("for bool and integer arrays, not for float64");
    expect(() => elementwise("add", Block.alloc("int8", [2, 3]), Block.alloc("int8", [2]))).toThrow(
      "arrays of 2×3 and 2-element elements do not fit together",
    );
    expect(nested(elementwise("eq", asBlock(["a", "b"]) as Block, "b"))).toEqual([false, true]);
  });
});

describe("map", () => {
  it("chooses the type by the first result", () => {
    const a = asBlock([
      [1, 2],
      [3, 4],
    ]) as Block;
    const type = (f: (x: number) => unknown, b = a) => mapBlock(f, [b]).dtype;
    expect(type((x) => x * 2)).toBe("float64");
    expect(type((x) => x > 2)).toBe("bool");
    expect(type((x) => BigInt(x))).toBe("int64");
    expect(type((x) => `${x}`)).toBe("object");
    expect(type((x) => ({ re: x, im: 0 }))).toBe("complex128");
    expect(type((x) => x + 0.5, Block.alloc("float32", [2]))).toBe("float32");
    expect(type((x) => x + 0.5, Block.alloc("int32", [2]))).toBe("float64");
    expect(mapBlock((x) => x + 0.5, [a], "int8").toNested()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("calls the function once for each element, in order, whatever the layout", () => {
    fc.assert(
      fc.property(anyBlock, (b) => {
        const seen: unknown[] = [];
        mapBlock((x) => seen.push(x), [b]);
        expect(seen).toEqual([nested(b)].flat(Infinity));
      }),
    );
  });

  it("takes several blocks", () => {
    const a = asBlock([
      [1, 2],
      [3, 4],
    ]) as Block;
    expect(
      nested(mapBlock((x, y, z) => x + y * z, [a, asBlock([10, 20]) as Block, asBlock([[2], [3]]) as Block])),
    ).toEqual([
      [21, 42],
      [33, 64],
    ]);
  });

  it("never stores what the type cannot hold", () => {
    expect(() => mapBlock((x) => (x > 1 ? "big" : x), [asBlock([1, 2]) as Block])).toThrow(
      'the function returned "big" (string) where the array\'s elements are float64',
    );
    expect(() => mapBlock(async (x) => x, [asBlock([1]) as Block])).toThrow("returned a promise");
    const a = asBlock(new Float64Array([1, 4])) as Block;
    mapBlockInPlace(Math.sqrt, a);
    expect(nested(a)).toEqual([1, 2]);
    expect(() => mapBlockInPlace(() => true, a)).toThrow("returned true (boolean)");
  });
});

describe("reductions", () => {
  const axesOf = (b: Block) => fc.tuple(fc.constant(b), fc.subarray(b.shape.map((_, d) => d)));
  // biome-ignore lint/suspicious/noExplicitAny: numbers and bigints alike
  const folds: Record<string, [start: (big: boolean) => unknown, (a: any, v: any) => unknown]> = {
    sum: [(big) => (big ? 0n : 0), (a, v) => a + v],
    prod: [(big) => (big ? 1n : 1), (a, v) => a * v],
    min: [() => undefined, (a, v) => (a === undefined || v < a ? v : a)],
    max: [() => undefined, (a, v) => (a === undefined || v > a ? v : a)],
    any: [() => false, (a, v) => a || Boolean(v)],
    all: [() => true, (a, v) => a && Boolean(v)],
    count: [() => 0, (a, v) => a + (v ? 1 : 0)],
  };

  for (const op of Object.keys(folds) as Reduction[]) {
    it(`${op} along some dimensions`, () => {
      fc.assert(
        fc.property(anyBlock.chain(axesOf), ([b, axes]) => {
          fc.pre(!/complex/.test(b.dtype) && !(/min|max/.test(op) && b.size === 0));
          // Where a product overflows on the way, its order decides between 0 and NaN.
          fc.pre(op !== "prod" || b.dtype !== "float16" || largestProduct(b) < 65_504);
          const got = reduceAlong(op, b, axes);
          expect(got.shape).toEqual(b.shape.map((n, d) => (axes.includes(d) ? 1 : n)));
          const [start, fold] = folds[op] as (typeof folds)[string];
          const big = /int64/.test(got.dtype);
          const wanted = Block.alloc(got.dtype, got.shape);
          for (const place of placesIn(got.shape)) {
            const line = placesIn(b.shape.map((n, d) => (axes.includes(d) ? n : 1))).map((p) =>
              b.get(...p.map((i, d) => (axes.includes(d) ? i : (place[d] as number)))),
            );
            wanted.set(
              line.reduce((a, v) => fold(a, big ? BigInt(v as number) : v), start(big)),
              ...place,
            );
          }
          expect(nested(got)).toEqual(nested(wanted));
        }),
      );
    });
  }

  it("of complex numbers", () => {
    const z = asBlock([
      { re: 1, im: 2 },
      { re: 3, im: -1 },
    ]) as Block;
    expect(nested(reduceAll("sum", z))).toEqual({ re: 4, im: 1 });
    expect(nested(reduceAll("prod", z))).toEqual({ re: 5, im: 5 });
    expect(() => reduceAll("min", z)).toThrow("complex numbers have no order");
  });

  it("partial results of the pieces put together are the result of the whole", () => {
    const ops: Reduction[] = ["sum", "prod", "min", "max", "any", "all", "count"];
    fc.assert(
      fc.property(
        fc.constantFrom(...ops),
        anyType.chain((t) => block(t, [5, 3])),
        fc.integer({ min: 1, max: 4 }),
        (op, b, at) => {
          fc.pre(!(/min|max|prod/.test(op) && /complex/.test(b.dtype)));
          const part = (start: number, stop: number) => b.slice(select([5, 3], [{ start, stop, step: 1 }]));
          const into = reduceAlong(op, part(0, at), [0]);
          mergeInto(op, into, reduceAlong(op, part(at, 5), [0]));
          expect(nested(into)).toEqual(nested(reduceAlong(op, b, [0])));
        },
      ),
    );
  });

  it("keeps NaN, and is exact for integers", () => {
    expect(nested(reduceAll("min", asBlock([1, Number.NaN, 0]) as Block))).toBeNaN();
    expect(nested(reduceAll("max", asBlock([Number.NaN, 1]) as Block))).toBeNaN();
    expect(nested(reduceAll("sum", asBlock([2n ** 60n, 1n]) as Block))).toBe(2n ** 60n + 1n);
    expect(nested(reduceAll("count", asBlock([true, false, true]) as Block))).toBe(2);
    expect(() => reduceAll("sum", asBlock(["a"]) as Block)).toThrow("sum is for numbers");
  });
});

/** The product of all elements that make one larger. */
function largestProduct(b: Block): number {
  return placesIn(b.shape).reduce((product, place) => product * Math.max(1, Math.abs(Number(b.get(...place)))), 1);
}
