/** `np.subtract(1, a)`: a number may stand first, as in NumPy. */
import { expect, test } from "vitest";
import { np } from "../../src/arrays/ndarray.ts";

test.each([
  ["add", [3, 4, 6]],
  ["subtract", [1, 0, -2]],
  ["multiply", [2, 4, 8]],
  ["divide", [2, 1, 0.5]],
  ["power", [2, 4, 16]],
  ["mod", [0, 0, 2]],
  ["arctan2", [2, 2, 2].map((y, i) => Math.atan2(y, [1, 2, 4][i] as number))],
  ["hypot", [1, 2, 4].map((x) => Math.hypot(2, x))],
] as const)("np.%s(2, a)", (name, expected) => {
  const f = np[name] as (a: unknown, b: unknown) => { tolist(): number[] };
  const got = f(2, np.array([1, 2, 4])).tolist();
  for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 12);
});

test("integers stay integers, comparisons are booleans, and names are kept", () => {
  expect(np.subtract(10 as never, np.array([1, 2], "int32")).dtype).toBe("int32");
  expect(np.subtract(0.5 as never, np.array([1, 2], "int32")).dtype).toBe("float64");
  expect(np.less(2 as never, np.array([1, 3])).tolist()).toEqual([0, 1]);
  expect(np.add.name).toBe("add");
  expect(np.add).toBe(np.add);
});
