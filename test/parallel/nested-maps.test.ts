/** Maps in maps, in loops, on workers and here: no worker waits for itself. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let pids: number[];

beforeAll(async () => {
  tjl = await library();
  pids = await tjl.addprocs(2);
});
afterAll(() => tjl.rmprocs(...pids));

test("pmap in pmap", async () => {
  const { pmap } = tjl;
  const f = async (x: number) => {
    const inner = await pmap((y: number) => y * 10, [x, x + 1]);
    return inner.reduce((a, b) => a + b);
  };
  expect(await tjl.pmap(f, tjl.range(12))).toEqual([...tjl.range(12)].map((x) => 20 * x + 10));
});

test("pmap in pmap in pmap, with more elements than workers at each level", async () => {
  const { pmap } = tjl;
  const f = async (x: number) => {
    const g = async (y: number) => {
      return (await pmap((z: number) => z + 1, [y, y, y])).length;
    };
    return (await pmap(g, [x, x, x, x])).reduce((a, b) => a + b);
  };
  expect(await tjl.pmap(f, tjl.range(5))).toEqual([12, 12, 12, 12, 12]);
});

test("pmap in a parallel loop, and a loop in pmap", async () => {
  const { pmap, parallel, range } = tjl;
  const body = async (i: number) => {
    return (await pmap((y: number) => y, [i])).length;
  };
  expect(await tjl.parallel("+", tjl.range(6), body)).toBe(6);
  const f = async (x: number) => {
    return parallel("+", range(4), (i: number) => i * x);
  };
  expect(await tjl.pmap(f, [1, 2, 3])).toEqual([6, 12, 18]);
});

test("maps side by side share the workers", async () => {
  const f = (x: number) => new Promise<number>((resolve) => setTimeout(resolve, 5, x));
  const results = await Promise.all([1, 2, 3].map((k) => tjl.pmap(f, Array(10).fill(k))));
  expect(results.map((list) => list.reduce((a, b) => a + b))).toEqual([10, 20, 30]);
});
