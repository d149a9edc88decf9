import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planLayout, regionOf } from "../../src/arrays/partition.ts";
import { type Index, select, selectedDims, selectWithin, sharesOf } from "../../src/arrays/selection.ts";

const range = (start: number, stop: number, step = 1) => ({ start, stop, step });

describe("indexes", () => {
  it("drop a dimension, cut it, or leave it whole", () => {
    expect(selectedDims(select([5, 6, 7], [2, range(1, 5, 2)]))).toEqual([2, 7]);
    expect(selectedDims(select([5, 6], [":", 0]))).toEqual([5]);
    expect(selectedDims(select([5], [range(4, -1, -2)]))).toEqual([3]);
    expect(selectedDims(select([5], [range(3, 3)]))).toEqual([0]);
  });

  it.each<[number[], Index[], string]>([
    [[3, 3], [3, 0], "index 3 of dimension 0 is outside the array (3×3"],
    [[3, 3], [0, -1], "index -1 of dimension 1"],
    [[3, 3], [0, range(1, 4)], "index 3 of dimension 1"],
    [[3], [range(2, -2, -1)], "index -1 of dimension 0"],
    [[3], [0, 0], "2 indexes for an array of 1 dimensions"],
    [[3], [1.5], "index 1.5"],
  ])("of %j, %j: an error", (dims, indexes, text) => {
    expect(() => select(dims, indexes)).toThrow(text);
  });
});

/** A size and an index into it. */
const indexOf = (size: number): fc.Arbitrary<Index> => {
  const choices: fc.Arbitrary<Index>[] = [fc.constant(":" as const)];
  if (size > 0) {
    choices.push(fc.nat(size - 1));
    choices.push(
      fc
        .tuple(fc.nat(size - 1), fc.nat(size - 1), fc.integer({ min: 1, max: 4 }))
        .map(([a, b, step]) => (a <= b ? range(a, b + 1, step) : range(a, b - 1, -step))),
    );
  }
  return fc.oneof(...choices);
};
const indexed = fc
  .array(fc.nat(12), { minLength: 1, maxLength: 3 })
  .chain((dims) => fc.tuple(fc.constant(dims), fc.tuple(...dims.map(indexOf))));

/** All places of the selected elements in the whole array, in row-major order of the result. */
function places(selection: ReturnType<typeof select>): string[] {
  return selection.reduce<string[]>(
    (found, s) => found.flatMap((f) => Array.from({ length: s.count }, (_, k) => `${f},${s.start + k * s.step}`)),
    [""],
  );
}

describe("selections and pieces", () => {
  it("every selected element comes from the one piece that has it, once", () => {
    fc.assert(
      fc.property(indexed, fc.integer({ min: 1, max: 7 }), ([dims, indexes], workers) => {
        const layout = planLayout({ dims, workers: Array.from({ length: workers }, (_, i) => i + 2) });
        const selection = select(dims, indexes);
        const wanted = places(selection);
        const got = new Map<string, string>();
        const shares = sharesOf(layout, selection);
        expect(new Set(shares.map((s) => s.chunk)).size).toBe(shares.length);
        for (const share of shares) {
          const region = regionOf(layout, share.chunk);
          const from = places(share.source.map((s, d) => ({ ...s, start: s.start + (region[d]?.[0] as number) })));
          const to = places(share.target.map(([a, b]) => ({ start: a, step: 1, count: b - a, drop: false })));
          expect(from.length).toBe(to.length);
          share.source.forEach((s, d) => {
            const size = (region[d]?.[1] as number) - (region[d]?.[0] as number);
            for (const i of [s.start, s.start + (s.count - 1) * s.step]) expect(i >= 0 && i < size).toBe(true);
          });
          to.forEach((place, i) => {
            expect(got.has(place)).toBe(false);
            got.set(place, from[i] as string);
          });
        }
        const order = places(selection.map((s) => ({ start: 0, step: 1, count: s.count, drop: false })));
        expect(order.map((place) => got.get(place))).toEqual(wanted);
      }),
    );
  });

  it("a view of a view chooses what indexing twice chooses", () => {
    fc.assert(
      fc.property(
        indexed.chain(([dims, indexes]) => {
          const outer = select(dims, indexes);
          return fc.tuple(fc.constant(outer), fc.tuple(...selectedDims(outer).map(indexOf)));
        }),
        ([outer, indexes]) => {
          const all = places(outer);
          const dims = selectedDims(outer);
          const strides = dims.map((_, d) => dims.slice(d + 1).reduce((a, b) => a * b, 1));
          const inner = select(dims, indexes);
          const expected = inner
            .reduce<number[]>(
              (found, s, d) =>
                found.flatMap((f) =>
                  Array.from({ length: s.count }, (_, k) => f + (s.start + k * s.step) * (strides[d] as number)),
                ),
              [0],
            )
            .map((i) => all[i]);
          expect(places(selectWithin(outer, indexes))).toEqual(expected);
        },
      ),
    );
  });
});
