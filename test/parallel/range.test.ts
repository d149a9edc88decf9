/** Ranges are half open, never drift, and are cut into chunks as Julia's loops are. */
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { Range, range, splitrange } from "../../src/parallel/range.ts";

describe("range", () => {
  test.each([
    [range(3), [0, 1, 2]],
    [range(0), []],
    [range(-2), []],
    [range(2, 5), [2, 3, 4]],
    [range(5, 2), []],
    [range(0, 10, 4), [0, 4, 8]],
    [range(10, 0, -4), [10, 6, 2]],
    [range(0, 1, 0.25), [0, 0.25, 0.5, 0.75]],
  ])("%s", (r, expected) => {
    expect([...r]).toEqual(expected);
    expect(r.toArray()).toEqual(expected);
    expect(r.length).toBe(expected.length);
    expect(expected.every((x, i) => r.at(i) === x && r.includes(x))).toBe(true);
  });

  test("does not take in its end by rounding, nor lose a number", () => {
    expect(range(1, 1.3, 0.1).length).toBe(3);
    expect(range(0, 0.3, 0.1).length).toBe(3);
    expect(range(0, 1, 0.1).length).toBe(10);
    expect(range(0, 1e9, 1).length).toBe(1e9);
  });

  test("has at, slice and includes like arrays", () => {
    const r = range(0, 20, 5);
    expect([r.at(-1), r.at(4), r.at(0.5)]).toEqual([15, undefined, undefined]);
    expect([...r.slice(1, 3)]).toEqual([5, 10]);
    expect([...r.slice(-2)]).toEqual([10, 15]);
    expect([...r.slice(3, 1)]).toEqual([]);
    expect(r.includes(7)).toBe(false);
    expect(r.map((x, i) => x + i)).toEqual([0, 6, 12, 18]);
  });

  test("may have no end", () => {
    const r = range(0, Number.POSITIVE_INFINITY);
    expect(r.length).toBe(Number.POSITIVE_INFINITY);
    expect(r.at(1e6)).toBe(1e6);
  });

  test("is shown as it is written", () => {
    expect(inspect([range(3), range(1, 9, 2)])).toBe("[ range(0, 3), range(1, 9, 2) ]");
  });

  test("refuses what makes no sense", () => {
    for (const bad of [() => range(Number.NaN), () => range(0, 5, 0), () => range(0, 5, Number.POSITIVE_INFINITY)]) {
      expect(bad).toThrow(UsageError);
    }
  });

  test("slices of any range are what slices of its array are", () => {
    const place = fc.integer({ min: -12, max: 12 });
    fc.assert(
      fc.property(place, place, fc.integer({ min: -4, max: 4 }), place, place, (start, stop, step, from, to) => {
        fc.pre(step !== 0);
        const r = new Range(start, stop, step);
        expect([...r.slice(from, to)]).toEqual([...r].slice(from, to));
      }),
    );
  });
});

describe("splitrange", () => {
  test.each([
    [0, 10, 3, [4, 3, 3]],
    [1, 11, 3, [4, 3, 3]],
    [0, 3, 4, [1, 1, 1]],
    [0, 8, 2, [4, 4]],
    [5, 5, 2, []],
    [5, 2, 2, []],
  ])("(%i, %i, %i)", (start, stop, np, lengths) => {
    expect(splitrange(start, stop, np).map((piece) => piece.length)).toEqual(lengths);
  });

  test("covers everything once, in order, in pieces that differ by one at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.nat(200), fc.integer({ min: 1, max: 40 }), (start, n, np) => {
        const pieces = splitrange(start, start + n, np);
        expect(pieces.flatMap((piece) => [...piece])).toEqual([...range(start, start + n)]);
        expect(pieces.length).toBe(Math.min(n, np));
        const lengths = pieces.map((piece) => piece.length);
        if (n > 0) expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
        expect([...lengths].sort((a, b) => b - a)).toEqual(lengths);
      }),
    );
  });

  test("refuses what makes no sense", () => {
    for (const [start, stop, np] of [
      [0, 5, 0],
      [0, 5, 1.5],
      [0, 5, -1],
      [0.5, 5, 2],
      [0, Number.POSITIVE_INFINITY, 2],
    ] as const) {
      expect(() => splitrange(start, stop, np)).toThrow(UsageError);
    }
  });
});
