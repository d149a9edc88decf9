/** Pools hand out workers one call at a time, follow the cluster, and keep functions where they were sent. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Library, library, withCluster } from "../support/with-cluster.ts";

let tjl: Library;
let pids: number[];

beforeAll(async () => {
  tjl = await library();
  pids = await tjl.addprocs(2);
});
afterAll(() => tjl.rmprocs(...pids));

describe("WorkerPool", () => {
  test("hands out free workers in turn and lets others wait", async () => {
    const pool = new tjl.WorkerPool(pids);
    expect(pool.isready()).toBe(true);
    const [a, b] = [await pool.take(), await pool.take()];
    expect([a, b]).toEqual(pids);
    expect(pool.isready()).toBe(false);
    const waiting = pool.take();
    pool.put(b);
    expect(await waiting).toBe(b);
    pool.put(b).put(a);
    expect([pool.length, pool.workers]).toEqual([2, pids]);
  });

  test("in place of a pid gives each call a worker of its own", async () => {
    const pool = new tjl.WorkerPool(pids);
    const busy = async () => {
      const g = globalThis as { inside?: number; most?: number };
      g.inside = (g.inside ?? 0) + 1;
      g.most = Math.max(g.most ?? 0, g.inside);
      await new Promise((resolve) => setTimeout(resolve, 10));
      g.inside--;
      return g.most;
    };
    expect(await Promise.all(Array.from({ length: 8 }, () => tjl.remotecallFetch(pool, busy)))).toEqual(
      Array(8).fill(1),
    );
    const ref = tjl.remotecall(pool, () => process.pid);
    expect(await ref.fetch()).not.toBe(process.pid);
    expect(await tjl.fetch(await tjl.remotecallWait(pool, () => 5))).toBe(5);
    expect(pool.isready()).toBe(true);
  });

  test("gets a worker back after an error", async () => {
    const pool = new tjl.WorkerPool([pids[0] as number]);
    const bad = () => {
      throw new Error("bad");
    };
    await expect(tjl.remotecallFetch(pool, bad)).rejects.toThrow("bad");
    expect(await tjl.remotecallFetch(pool, () => 1)).toBe(1);
  });

  test("without workers refuses, with a signal stops waiting", async () => {
    await expect(new tjl.WorkerPool([]).take()).rejects.toBeInstanceOf(tjl.UsageError);
    const pool = new tjl.WorkerPool([pids[0] as number]);
    await pool.take();
    await expect(pool.take({ signal: AbortSignal.timeout(20) })).rejects.toBeInstanceOf(tjl.InterruptError);
  });

  test("travels as the list of its workers", async () => {
    const pool = new tjl.WorkerPool(pids);
    expect(await tjl.remotecallFetch(pids[0] as number, (p) => p.workers, pool)).toEqual(pids);
  });
});

test("remote makes a function that runs on the pool", async () => {
  const square = tjl.remote(new tjl.WorkerPool(pids), (x: number) => x * x);
  expect(await Promise.all([square(1), square(2), square(3)])).toEqual([1, 4, 9]);
  expect(await tjl.remote(() => process.pid)()).not.toBe(process.pid);
  expect(() => tjl.remote(5 as never, () => 1)).toThrow(tjl.UsageError);
});

test("a CachingPool sends what a function captures once to each worker", async () => {
  const pool = new tjl.CachingPool([pids[0] as number]);
  const table = { values: [1, 2, 3] };
  const look = (i: number) => {
    const g = globalThis as { tables?: Set<unknown> };
    g.tables ??= new Set();
    g.tables.add(table);
    return [table.values[i], g.tables.size];
  };
  expect(await tjl.remotecallFetch(pool, look, 0)).toEqual([1, 1]);
  table.values[1] = 100;
  expect(await tjl.remotecallFetch(pool, look, 1)).toEqual([2, 1]);
  pool.clear();
  expect(await tjl.remotecallFetch(pool, look, 1)).toEqual([100, 2]);
});

test("the default pool follows the cluster", () =>
  withCluster(0, async (tjl) => {
    const pool = tjl.defaultWorkerPool();
    const before = pool.workers;
    const [late] = (await tjl.addprocs(1)) as [number];
    expect(pool.workers).toEqual([...before, late]);
    process.kill(await tjl.remotecallFetch(late, () => process.pid), "SIGKILL");
    await expect.poll(() => pool.workers).toEqual(before);
  }));
