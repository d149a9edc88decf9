/** The scheduling of pmap, in virtual time: everything runs once, quick elements are gathered, long ones are not held up. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Schedule } from "../../src/parallel/schedule.ts";
import { efficiency, simulate } from "./simulation.ts";

const once = (runs: Uint8Array) => runs.every((n) => n === 1);

describe("every element runs exactly once", () => {
  const world = fc.record({
    workers: fc.integer({ min: 1, max: 9 }),
    elements: fc.integer({ min: 0, max: 400 }),
    wayMs: fc.constantFrom(0, 0.05, 1, 40),
    batchSize: fc.constantFrom<(number | "auto")[]>("auto", 1, 3, 1000),
    seed: fc.array(fc.constantFrom(0, 0.001, 0.05, 1, 20, 300), { minLength: 1, maxLength: 20 }),
  });

  test("whatever they take", () => {
    fc.assert(
      fc.property(world, ({ seed, batchSize, ...rest }) => {
        const { runs } = simulate({ ...rest, ms: (i) => seed[i % seed.length] as number, options: { batchSize } });
        expect(once(runs)).toBe(true);
      }),
    );
  });

  test("when a worker dies and another joins", () => {
    fc.assert(
      fc.property(world, fc.double({ min: 0, max: 500, noNaN: true }), ({ seed, batchSize, ...rest }, when) => {
        const { runs } = simulate({
          ...rest,
          ms: (i) => seed[i % seed.length] as number,
          options: { batchSize },
          joins: { worker: 100, at: when / 2 },
          dies: { worker: 0, at: when },
        });
        expect(once(runs)).toBe(true);
      }),
    );
  });
});

describe("efficiency", () => {
  test.each([
    ["10,000 of 50 µs", 10_000, 0.05, 2, 0.97],
    ["1,000 of 1 ms", 1_000, 1, 2, 0.985],
    ["100,000 of 5 µs on 8", 100_000, 0.005, 8, 0.93],
    ["40 of 100 ms on 4", 40, 100, 4, 0.99],
  ])("%s", (_, elements, ms, workers, least) => {
    expect(efficiency({ workers, elements, ms: () => ms })).toBeGreaterThan(least);
  });

  test("far workers are kept busy too", () => {
    expect(efficiency({ workers: 4, elements: 4000, ms: () => 1, wayMs: 25 })).toBeGreaterThan(0.7);
  });

  test("a slow first call does not matter for long", () => {
    expect(efficiency({ workers: 2, elements: 10_000, ms: (i) => (i < 2 ? 3 : 0.05) })).toBeGreaterThan(0.96);
  });

  test("elements that get a thousand times slower are spread all the same", () => {
    expect(efficiency({ workers: 4, elements: 2000, ms: (i) => (i < 1900 ? 0.01 : 10) })).toBeGreaterThan(0.85);
  });

  test.each([0.0001, 0.01, 1, 100])(
    "an earlier map in which they took %d ms does not mislead for long",
    (msPerElement) => {
      expect(efficiency({ workers: 4, elements: 2000, ms: () => 1, options: { msPerElement } })).toBeGreaterThan(0.85);
    },
  );

  test("a faster worker does more", () => {
    const { batches } = simulate({ workers: 2, elements: 1000, ms: (_, w) => (w === 0 ? 1 : 4) });
    const share = batches.filter((b) => b.slot === 0).reduce((n, b) => n + b.count, 0);
    expect(share).toBeGreaterThan(700);
  });
});

describe("batches", () => {
  test("are single elements where elements are long, one at each worker", () => {
    const { batches, most } = simulate({ workers: 3, elements: 30, ms: () => 50 });
    expect(batches.every((b) => b.count === 1)).toBe(true);
    expect(most.underWay).toBe(3);
  });

  test("stay small where carrying the elements takes the time", () => {
    const { batches } = simulate({ workers: 2, elements: 500, ms: () => 0.01, carryMs: 10 });
    expect(Math.max(...batches.map((b) => b.count))).toBeLessThanOrEqual(16);
  });

  test("are long from the beginning when an earlier map told what elements take", () => {
    const { batches } = simulate({ workers: 2, elements: 1000, ms: () => 1, options: { msPerElement: 1 } });
    expect(batches.slice(0, 4).every((b) => b.count > 50)).toBe(true);
    expect(batches.length).toBeLessThan(35);
  });

  test("have the size that was asked for", () => {
    const { batches } = simulate({ workers: 2, elements: 10, ms: () => 1, options: { batchSize: 4 } });
    expect(batches.map((b) => b.count)).toEqual([4, 4, 2]);
  });

  test("shrink towards the end", () => {
    const { batches } = simulate({ workers: 2, elements: 10_000, ms: () => 0.05 });
    const sizes = batches.map((b) => b.count);
    expect(Math.max(...sizes)).toBeGreaterThan(200);
    expect(sizes.at(-1)).toBeLessThanOrEqual(10);
  });
});

describe("a source that is read as it goes", () => {
  test("is read as far as free workers take, no further", () => {
    const schedule = new Schedule({ batchSize: 1 });
    schedule.addSlot(2);
    schedule.addSlot(3);
    expect(schedule.wanted).toBe(2);
    schedule.more(2);
    expect(schedule.wanted).toBe(0);
    const batch = schedule.next(0);
    schedule.next(0);
    expect(schedule.wanted).toBe(0);
    schedule.answered(batch as never, 1, 50, 50);
    schedule.settle(1);
    expect(schedule.wanted).toBe(1);
    schedule.end();
    expect([schedule.wanted, schedule.total, schedule.isDone]).toEqual([0, 2, false]);
    schedule.settle(1);
    expect(schedule.isDone).toBe(true);
  });

  test("is not read while results wait to be taken", () => {
    const schedule = new Schedule({ batchSize: 1, window: () => 3 });
    schedule.addSlot(2);
    let given = 0;
    for (let turn = 0; turn < 10; turn++) {
      schedule.more(schedule.wanted);
      for (let batch = schedule.next(turn); batch; batch = schedule.next(turn)) {
        given += batch.count;
        schedule.answered(batch, batch.count, 5, turn);
      }
    }
    expect(given).toBe(3);
    schedule.consume(2);
    schedule.more(schedule.wanted);
    expect(schedule.next(20)?.first).toBe(3);
  });
});

test("what a worker hands back goes out before anything new", () => {
  const schedule = new Schedule({ batchSize: 4, total: 20 });
  schedule.addSlot(2);
  const batch = schedule.next(0);
  schedule.answered(batch as never, 1, 100, 100);
  expect(schedule.next(100)).toMatchObject({ first: 1, count: 3 });
});
