/** pmap.stream: results while the map goes on, in either order, with no more work done than results are taken. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../support/wait-for.ts";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let pids: number[];

beforeAll(async () => {
  tjl = await library();
  pids = await tjl.addprocs(2);
});
afterAll(() => tjl.rmprocs(...pids));

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}

const slowFirst = async (x: number) => {
  await new Promise((resolve) => setTimeout(resolve, x === 0 ? 200 : 2));
  return x;
};

describe("the order", () => {
  test("is that of the elements by default", async () => {
    expect(await all(tjl.pmap.stream(slowFirst, tjl.range(30)))).toEqual([...tjl.range(30)]);
  });

  test("is that of completion when asked for", async () => {
    const results = await all(tjl.pmap.stream(slowFirst, tjl.range(20), { order: "completion" }));
    expect([...results].sort((a, b) => a - b)).toEqual([...tjl.range(20)]);
    expect(results.indexOf(0)).toBeGreaterThan(5);
  });
});

describe("leaving the loop", () => {
  test("stops the map and closes the source", async () => {
    let closed = false;
    const source = (async function* () {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    })();
    for await (const x of tjl.pmap.stream((x: number) => x, source)) if (x === 5) break;
    await waitFor("the source to be closed", () => closed);
    expect(await tjl.pmap((x: number) => x, [1, 2])).toEqual([1, 2]);
  });
});

describe("an error", () => {
  test("comes after the results before it, in input order", async () => {
    const f = (x: number) => {
      if (x === 4) throw new Error("four");
      return x;
    };
    const seen: number[] = [];
    const run = async () => {
      for await (const x of tjl.pmap.stream(f, tjl.range(8), { batchSize: 1 })) seen.push(x);
    };
    await expect(run()).rejects.toThrow("element 4");
    expect(seen.every((x, i) => x === i)).toBe(true);
  });

  test("of the arguments is thrown at once", () => {
    expect(() => tjl.pmap.stream((x: number) => x, [1], { order: "random" as never })).toThrow(tjl.UsageError);
  });
});

test("no more is read than results are taken", async () => {
  let read = 0;
  const source = (function* () {
    for (; read < 100_000; ) yield read++;
  })();
  const results = tjl.pmap.stream((x: number) => x, source, { batchSize: 1 })[Symbol.asyncIterator]();
  await results.next();
  await results.next();
  const before = read;
  expect(before).toBeLessThan(100);
  await tjl.pmap((x: number) => x, tjl.range(50));
  expect(read).toBeLessThan(100);
  await results.return?.();
});

test("a million elements of an async iterable go through in the memory of a few", async () => {
  const n = 1_000_000;
  const source = (async function* () {
    for (let i = 0; i < n; i++) yield i;
  })();
  let sum = 0;
  let count = 0;
  let most = 0;
  global.gc?.();
  const start = process.memoryUsage().heapUsed;
  for await (const x of tjl.pmap.stream((x: number) => 2 * x, source)) {
    sum += x;
    if (++count % 100_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - start);
  }
  expect(sum).toBe(n * (n - 1));
  expect(most / 2 ** 20).toBeLessThan(120);
});
