/** What pmap gives on real workers: results in order, from any collection, however elements are grouped, each run once. */
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

describe("results", () => {
  test("are in input order, whatever order they come in", async () => {
    const f = (x: number) => new Promise((resolve) => setTimeout(resolve, 20 - 2 * x, x * x));
    expect(await tjl.pmap(f, tjl.range(10))).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
  });

  test.each<[string, () => unknown, unknown[]]>([
    ["an array", () => [1, 2, 3], [2, 4, 6]],
    ["a typed array", () => new Float64Array([0.5, 1]), [1, 2]],
    ["a range", () => tjl.range(0, 6, 2), [0, 4, 8]],
    ["a Set", () => new Set([1, 5]), [2, 10]],
    [
      "a generator",
      () =>
        (function* () {
          yield 1;
          yield 2;
        })(),
      [2, 4],
    ],
    [
      "an async generator",
      () =>
        (async function* () {
          yield 1;
          yield 2;
        })(),
      [2, 4],
    ],
    ["nothing", () => [], []],
  ])("of %s", async (_, make, expected) => {
    expect(await tjl.pmap((x: number) => 2 * x, make() as number[])).toEqual(expected);
  });

  test("of several collections, as far as the shortest", async () => {
    const f = (a: number, b: string, c: boolean) => [a, b, c];
    expect(await tjl.pmap(f, [1, 2, 3], "ab", new Set([true, false, true]))).toEqual([
      [1, "a", true],
      [2, "b", false],
    ]);
  });

  test("of a string go by characters", async () => {
    expect(await tjl.pmap((c: string) => c.toUpperCase(), "añ😀")).toEqual(["A", "Ñ", "😀"]);
  });

  test("are the same for every way of grouping, and every element runs once", async () => {
    const n = 3000;
    for (const batchSize of ["auto", 1, 7, 5000] as const) {
      const runs = await tjl.pmap((i: number) => [i, process.pid], tjl.range(n), { batchSize });
      expect(runs.map(([i]) => i)).toEqual([...tjl.range(n)]);
    }
  });

  test("of a function that fills the same buffer again and again", async () => {
    const f = (x: number) => {
      const g = globalThis as { scratch?: Float64Array; record?: { at: number; data: Float64Array } };
      g.scratch ??= new Float64Array(2);
      g.scratch.fill(x);
      return g.scratch;
    };
    const results = await tjl.pmap(f, tjl.range(300));
    expect(results.map((a) => a[0])).toEqual([...tjl.range(300)]);
    const inRecord = (x: number) => {
      const g = globalThis as { other?: Float64Array };
      g.other ??= new Float64Array(2);
      g.other.fill(x);
      return { x, data: g.other };
    };
    expect((await tjl.pmap(inRecord, tjl.range(300))).map((r) => r.data[1])).toEqual([...tjl.range(300)]);
  });

  test("of an async function in a batch that was asked for run at the same time, else one after the other", async () => {
    const most = (x: number) => {
      const g = globalThis as { now?: number; most?: number };
      if (x < 2) g.most = 0;
      g.now = (g.now ?? 0) + 1;
      g.most = Math.max(g.most ?? 0, g.now);
      return new Promise<number>((resolve) => {
        setTimeout(() => {
          g.now = (g.now as number) - 1;
          resolve(g.most as number);
        }, 5);
      });
    };
    expect(Math.max(...(await tjl.pmap(most, tjl.range(24), { batchSize: 6 })))).toBe(6);
    expect(Math.max(...(await tjl.pmap(most, tjl.range(24))))).toBe(1);
  });
});

test("a function that has been mapped before starts with as many elements as it then showed to pay", async () => {
  const spin = (x: number) => {
    for (const end = performance.now() + 0.2; performance.now() < end; );
    return x;
  };
  const firstDone: number[] = [];
  for (let turn = 0; turn < 2; turn++) {
    const told: number[] = [];
    const results = await tjl.pmap(spin, tjl.range(600), { progress: ({ done }) => void told.push(done) });
    expect(results).toEqual([...tjl.range(600)]);
    firstDone.push(told[0] as number);
  }
  expect(firstDone[0]).toBe(1);
  expect(firstDone[1]).toBeGreaterThan(16);
});

describe("where it runs", () => {
  test("on workers only, on all of them", async () => {
    const spin = (ms: number) => {
      for (const end = performance.now() + ms; performance.now() < end; );
      return (globalThis as unknown as { process: NodeJS.Process }).process.pid;
    };
    const osPids = new Set(await tjl.pmap(spin, Array(20).fill(5)));
    expect(osPids.size).toBe(2);
    expect(osPids.has(process.pid)).toBe(false);
  });

  test("on the workers of a pool, or of a list", async () => {
    const [first, second] = pids as [number, number];
    const here = (x: number) => [x, process.pid];
    const only = async (pool: never) => new Set((await tjl.pmap(here, tjl.range(20), { pool })).map(([, pid]) => pid));
    const osPid = (pid: number) => tjl.remotecallFetch(pid, () => process.pid);
    expect(await only(new tjl.WorkerPool([first]) as never)).toEqual(new Set([await osPid(first)]));
    expect(await only([second] as never)).toEqual(new Set([await osPid(second)]));
  });

  test("here, with objects shared, when it is not distributed", async () => {
    const seen: number[] = [];
    const objects = [{ n: 1 }, { n: 2 }, { n: 3 }];
    const results = await tjl.pmap(
      async (o: { n: number }) => {
        seen.push(o.n);
        return o;
      },
      objects,
      { distributed: false },
    );
    expect(results.every((o, i) => o === objects[i])).toBe(true);
    expect(seen.sort()).toEqual([1, 2, 3]);
  });
});

describe("what the function captures", () => {
  test("travels once to each worker", async () => {
    const big = new Float64Array(300_000).fill(7);
    const f = (x: number) => {
      const g = globalThis as { bigs?: Set<unknown> };
      g.bigs ??= new Set();
      g.bigs.add(big);
      return (big[x] as number) * g.bigs.size;
    };
    expect(new Set(await tjl.pmap(f, tjl.range(60), { batchSize: 1 }))).toEqual(new Set([7]));
  });

  test("has the values of the moment of the call, also on a worker that joins later", async () => {
    let factor = 2;
    const f = async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return [x * factor, process.pid];
    };
    const results = tjl.pmap(f, tjl.range(200));
    factor = 100;
    const [late] = (await tjl.addprocs(1)) as [number];
    const osPid = await tjl.remotecallFetch(late, () => process.pid);
    const all = await results;
    expect(all.map(([value]) => value)).toEqual([...tjl.range(200)].map((x) => 2 * x));
    expect(all.some(([, pid]) => pid === osPid)).toBe(true);
    await tjl.rmprocs(late);
  });
});

describe("reading", () => {
  test("goes no further than the workers take", async () => {
    let read = 0;
    const counted = (async function* () {
      for (; read < 30; ) yield read++;
    })();
    let most = 0;
    let done = 0;
    const f = (x: number) => new Promise((resolve) => setTimeout(resolve, 10, x));
    const results = await tjl.pmap(f, counted, {
      progress: (p) => {
        done = p.done;
        most = Math.max(most, read - done);
      },
    });
    expect(results.length).toBe(30);
    expect(most).toBeLessThanOrEqual(4);
  });

  test("of a source that fails ends the map with its error", async () => {
    const broken = (function* () {
      yield 1;
      throw new Error("source is broken");
    })();
    await expect(tjl.pmap((x: number) => x, broken)).rejects.toThrow("source is broken");
  });
});

test("nothing is left on the workers", async () => {
  await tjl.pmap((x: number) => x, tjl.range(100));
  for (const pid of pids) {
    await waitFor("the jobs to be closed", async () => {
      const rows = await tjl.clusterReport();
      return rows.find((row) => row.pid === pid) !== undefined;
    });
  }
});

test("options that make no sense are refused", async () => {
  const f = (x: number) => x;
  for (const options of [
    { batchsize: 3 },
    { batchSize: 0 },
    { batchSize: 1.5 },
    { retryDelays: 5 },
    { onError: 1 },
    { pool: new tjl.WorkerPool([]) },
    { pool: 2 },
  ]) {
    await expect(tjl.pmap(f, [1], options as never), JSON.stringify(options)).rejects.toBeInstanceOf(tjl.UsageError);
  }
  await expect(tjl.pmap(5 as never, [1])).rejects.toThrow("the function comes first");
  await expect(tjl.pmap(f, 5 as never)).rejects.toThrow("cannot be iterated");
  await expect((tjl.pmap as (f: unknown) => Promise<unknown>)(f)).rejects.toThrow("collection");
});

test("the pmap of Julia's manual, written by a user, runs", async () => {
  async function userPmap<A, R>(f: (a: A) => R, list: readonly A[]): Promise<R[]> {
    const results: R[] = new Array(list.length);
    let i = 0;
    const nextIndex = () => i++;
    await tjl.sync(async () => {
      for (const p of tjl.procs()) {
        if (p === tjl.myid() && tjl.nprocs() > 1) continue;
        tjl.task(async () => {
          for (;;) {
            const index = nextIndex();
            if (index >= list.length) break;
            results[index] = (await tjl.remotecallFetch(p, f as (a: unknown) => R, list[index])) as R;
          }
        });
      }
    });
    return results;
  }
  expect(await userPmap((x: number) => x + 1, [...tjl.range(25)])).toEqual([...tjl.range(1, 26)]);
});
