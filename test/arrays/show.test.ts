import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { asBlock } from "../../src/arrays/as-block.ts";
import { Block } from "../../src/arrays/block.ts";
import { ndarrayOf } from "../../src/arrays/ndarray.ts";
import { showArray } from "../../src/arrays/show.ts";

const show = (value: unknown, options = {}) => showArray(asBlock(value) as Block, options);

describe("arrays as text", () => {
  it("have a header and aligned columns", () => {
    expect(
      show([
        [1, 20],
        [-3.5, 0.25],
      ]),
    ).toBe("2×2 float64 array:\n  1.0  20.0\n -3.5   0.25");
    expect(show([1, 2, 3])).toBe("3-element float64 array:\n 1.0  2.0  3.0");
    expect(show(Int32Array.of(1, -2))).toBe("2-element int32 array:\n 1  -2");
    expect(show([true, false])).toBe("2-element bool array:\n true  false");
    expect(show([1n, 2n], { kind: "SharedArray" })).toBe("2-element int64 SharedArray:\n 1  2");
    expect(show(["a", "bc"])).toBe('2-element object array:\n "a"  "bc"');
    expect(show([{ re: 1, im: -2 }])).toBe("1-element complex128 array:\n 1.0-2.0im");
    expect(show([1 / 3, 1e-20, Number.NaN, -0])).toBe("4-element float64 array:\n 0.333333  1e-20  NaN  -0.0");
    expect(show([])).toBe("0-element float64 array");
    expect(showArray(new Block("int8", Int8Array.of(7), []))).toBe("0-dimensional int8 array:\n 7");
  });

  it("show the corners of what is large", () => {
    const big = Block.alloc("float64", [1000, 1000]);
    big.set(5, 0, 0);
    big.set(6, 999, 999);
    const lines = showArray(big).split("\n");
    expect(lines[0]).toBe("1000×1000 float64 array:");
    expect(lines.length).toBeLessThanOrEqual(25);
    expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(81);
    expect(lines[1]).toMatch(/^ 5\.0 {2}0\.0 .* … /);
    expect(lines.at(-1)).toMatch(/… .* 6\.0$/);
    expect(lines.some((l) => l.includes("⋮") && l.includes("⋱"))).toBe(true);
    expect(showArray(Block.alloc("uint8", [5000])).split("\n")[1]).toMatch(/^ 0( {2}0)* {2}… {2}0( {2}0)*$/);
  });

  it("of three dimensions and more are tables", () => {
    expect(
      show([
        [[1], [2]],
        [[3], [4]],
      ]),
    ).toBe("2×2×1 float64 array:\n\n[0, :, :] =\n 1.0\n 2.0\n\n[1, :, :] =\n 3.0\n 4.0");
    expect(showArray(Block.alloc("int8", [100, 2, 2])).split("\n").length).toBeLessThan(40);
  });

  it("is how numpy-ts arrays appear in the console, strided ones too", () => {
    const array = ndarrayOf(
      asBlock([
        [1, 2, 3],
        [4, 5, 6],
      ]) as Block,
    );
    expect(inspect(array)).toBe("2×3 float64 array:\n 1.0  2.0  3.0\n 4.0  5.0  6.0");
    expect(inspect(array.T)).toBe("3×2 float64 array:\n 1.0  4.0\n 2.0  5.0\n 3.0  6.0");
    expect(inspect({ array })).toContain("2×3 float64 array");
  });
});
