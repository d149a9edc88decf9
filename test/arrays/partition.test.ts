import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chunkAt,
  cut,
  defaultDist,
  defaultProcs,
  gridPosition,
  pieceWith,
  planLayout,
  product,
  regionOf,
  sharedRange,
  sizesOf,
} from "../../src/arrays/partition.ts";

describe("Julia's formulas", () => {
  it("chooses the first min(workers, longest dimension) workers", () => {
    expect(defaultProcs([2, 3, 4, 5], [100, 100])).toEqual([2, 3, 4, 5]);
    expect(defaultProcs([2, 3, 4, 5], [3, 2])).toEqual([2, 3, 4]);
    expect(defaultProcs([2, 3], [0])).toEqual([2]);
  });

  it("gives the prime factors to the longest dimensions", () => {
    expect(defaultDist([100, 100, 10], 4)).toEqual([2, 2, 1]);
    expect(defaultDist([200, 200], 2)).toEqual([1, 2]);
    expect(defaultDist([100, 100], 6)).toEqual([2, 3]);
    expect(defaultDist([100, 100], 12)).toEqual([4, 3]);
    expect(defaultDist([3], 4)).toEqual([2]);
    expect(defaultDist([], 1)).toEqual([]);
  });

  it("makes the first pieces one longer", () => {
    expect(cut(50, 4)).toEqual([0, 13, 26, 38, 50]);
    expect(cut(3, 5)).toEqual([0, 1, 2, 3, 3, 3]);
    expect(cut(0, 2)).toEqual([0, 0, 0]);
  });

  it("gives the rest of a shared array to the last participant", () => {
    expect([0, 1, 2].map((k) => sharedRange(12, 3, k))).toEqual([
      [0, 4],
      [4, 8],
      [8, 12],
    ]);
    expect([0, 1, 2].map((k) => sharedRange(11, 3, k))).toEqual([
      [0, 3],
      [3, 6],
      [6, 11],
    ]);
    expect([0, 1, 2].map((k) => sharedRange(2, 3, k))).toEqual([
      [0, 1],
      [1, 2],
      [0, 0],
    ]);
  });
});

describe("layouts", () => {
  it("lays processes row-major over the grid of pieces", () => {
    const layout = planLayout({ dims: [4, 6], procs: [2, 3, 4, 5], dist: [2, 2], workers: [] });
    expect(layout.pids.map((pid, c) => [pid, regionOf(layout, c)])).toEqual([
      [
        2,
        [
          [0, 2],
          [0, 3],
        ],
      ],
      [
        3,
        [
          [0, 2],
          [3, 6],
        ],
      ],
      [
        4,
        [
          [2, 4],
          [0, 3],
        ],
      ],
      [
        5,
        [
          [2, 4],
          [3, 6],
        ],
      ],
    ]);
  });

  it("uses the first processes where the pieces are fewer", () => {
    expect(planLayout({ dims: [100, 100], dist: [1, 3], workers: [2, 3, 4, 5] }).pids).toEqual([2, 3, 4]);
    expect(planLayout({ dims: [3], procs: [2, 3, 4, 5], workers: [] }).pids).toEqual([2, 3]);
  });

  it.each([
    [
      { dims: [100, 100], procs: [2, 3, 4], dist: [2, 2] },
      "dist [2, 2] makes 4 pieces, but there are 3 processes: [2, 3, 4]",
    ],
    [{ dims: [100, 100], procs: [2, 3, 4], dist: [1, 2] }, "makes 2 pieces, but there are 3 processes"],
    [{ dims: [100, 100], procs: [2], dist: [1] }, "1 entries for 2 dimensions"],
    [{ dims: [100, 100], procs: [2], dist: [1, 0] }, "0 is not a number of pieces"],
    [{ dims: [100], procs: [] }, "no processes given"],
    [{ dims: [100], procs: [2, 2] }, "process 2 is given twice"],
    [{ dims: [-1] }, "dimension 0 of the array is -1"],
    [{ dims: [2.5] }, "not a whole number"],
    [{ dims: [1e10, 1e10] }, "too large"],
  ])("refuses %j", (wanted, text) => {
    expect(() => planLayout({ workers: [2, 3], ...wanted })).toThrow(text);
  });

  const dims = fc.array(fc.nat(40), { minLength: 1, maxLength: 4 });
  const workers = fc.uniqueArray(fc.integer({ min: 2, max: 500 }), { minLength: 1, maxLength: 24 });

  it("covers every element once, pieces differing by at most one along each dimension", () => {
    fc.assert(
      fc.property(dims, workers, (dims, workers) => {
        const layout = planLayout({ dims, workers });
        expect(layout.pids.length).toBe(product(layout.dist));
        expect(layout.pids.length).toBeLessThanOrEqual(workers.length);
        expect(layout.pids.reduce((n, _, c) => n + product(sizesOf(regionOf(layout, c))), 0)).toBe(product(dims));
        layout.cuts.forEach((borders, d) => {
          const sizes = borders.slice(1).map((b, i) => b - (borders[i] as number));
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
          for (let i = 0; i < (dims[d] as number); i++) {
            const p = pieceWith(borders, i);
            expect((borders[p] as number) <= i && i < (borders[p + 1] as number)).toBe(true);
          }
        });
      }),
    );
  });

  it("numbers the grid and finds the place again", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), (dist) => {
        for (let c = 0; c < product(dist); c++) expect(chunkAt(dist, gridPosition(dist, c))).toBe(c);
      }),
    );
  });

  it("gives each linear index of a shared array to one participant", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 1, max: 20 }), (length, count) => {
        const ranges = Array.from({ length: count }, (_, k) => sharedRange(length, count, k));
        const all = ranges.flatMap(([start, stop]) => Array.from({ length: stop - start }, (_, i) => start + i));
        expect(all).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });
});
