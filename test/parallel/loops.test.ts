/** parallel: chunks in order on the workers, reduced there and here, over anything that can be cut. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let pids: number[];

beforeAll(async () => {
  tjl = await library();
  pids = await tjl.addprocs(3);
});
afterAll(() => tjl.rmprocs(...pids));

describe("named reducers", () => {
  test.each<[string, number, unknown]>([
    ["+", 10, 45],
    ["*", 5, 0],
    ["min", 7, 0],
    ["max", 7, 6],
    ["&&", 3, 0],
    ["||", 3, 1],
  ])("%s over %i numbers", async (reducer, n, expected) => {
    expect(await tjl.parallel(reducer as "+", tjl.range(n), (i) => i)).toBe(expected);
  });

  test.each<[string, unknown]>([
    ["+", 0],
    ["*", 1],
    ["min", Number.POSITIVE_INFINITY],
    ["max", Number.NEGATIVE_INFINITY],
    ["&&", true],
    ["||", false],
    ["vcat", []],
  ])("%s of nothing is its identity", async (reducer, expected) => {
    expect(await tjl.parallel(reducer as "+", tjl.range(0), (i) => i)).toEqual(expected);
  });

  test("vcat keeps the order and flattens lists by one level", async () => {
    expect(await tjl.parallel("vcat", tjl.range(7), (i) => i)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await tjl.parallel("vcat", tjl.range(3), (i) => [i, [i]])).toEqual([0, [0], 1, [1], 2, [2]]);
    const typed = await tjl.parallel("vcat", tjl.range(5), (i) => new Float32Array([i, -i]));
    expect(typed).toEqual(new Float32Array([0, -0, 1, -1, 2, -2, 3, -3, 4, -4]));
  });

  test("+ takes strings, bigints and lists, and what changes on the way", async () => {
    expect(await tjl.parallel("+", ["a", "b", "c", "d"], (s) => s)).toBe("abcd");
    expect(await tjl.parallel("+", tjl.range(5), (i) => BigInt(i))).toBe(10n);
    expect(await tjl.parallel("+", tjl.range(4), (i) => [i, 1])).toEqual([6, 4]);
    expect(await tjl.parallel("+", [1, 2, "x", 3], (s) => s)).toBe("3x3");
  });

  test("min and max with NaN are NaN", async () => {
    expect(await tjl.parallel("max", [1, Number.NaN, 3, 2], (x) => x)).toBeNaN();
  });
});

describe("functions as reducers", () => {
  test("are applied in chunk order", async () => {
    expect(
      await tjl.parallel(
        (a: string, b: string) => `(${a}${b})`,
        "abcdef",
        (c) => c,
      ),
    ).toBe("(((ab)(cd))(ef))");
  });

  test("have no value for nothing", async () => {
    await expect(
      tjl.parallel(
        (a: number, b: number) => a + b,
        tjl.range(0),
        (i) => i,
      ),
    ).rejects.toBeInstanceOf(tjl.UsageError);
  });

  test("that throw fail the loop", async () => {
    const bad = (a: number, b: number): number => {
      throw new Error(`${a} and ${b}`);
    };
    await expect(tjl.parallel(bad, tjl.range(12), (i) => i)).rejects.toThrow(/\d+ and \d+/);
  });
});

describe("what it loops over", () => {
  test("ranges with steps, backwards, broken", async () => {
    expect(await tjl.parallel("vcat", tjl.range(10, 0, -3), (i) => i)).toEqual([10, 7, 4, 1]);
    expect(await tjl.parallel("vcat", tjl.range(0, 1, 0.25), (i) => i)).toEqual([0, 0.25, 0.5, 0.75]);
  });

  test("fewer elements than workers", async () => {
    expect(await tjl.parallel("+", tjl.range(2), () => 1)).toBe(2);
  });

  test("lists, typed arrays, strings, sets, things with a length", async () => {
    expect(await tjl.parallel("+", new Float64Array([1, 2, 3, 4]), (x) => x)).toBe(10);
    expect(await tjl.parallel("vcat", "abc", (c) => c)).toEqual(["a", "b", "c"]);
    expect(await tjl.parallel("+", new Set([1, 2, 3]), (x) => x)).toBe(6);
    expect(await tjl.parallel("+", { length: 2, 0: 5, 1: 6 }, (x) => x)).toBe(11);
  });

  test("of a typed array only the chunk travels", async () => {
    const sizes = await tjl.parallel("vcat", new Uint8Array(3000), () => 1);
    expect(sizes.length).toBe(3000);
  });

  test("what cannot be looped over is refused", () => {
    expect(() => tjl.parallel("+", 5 as never, (i) => i)).toThrow(tjl.UsageError);
    expect(() => tjl.parallel("+", tjl.range(0, Number.POSITIVE_INFINITY), (i) => i)).toThrow("no end");
    expect(() => tjl.parallel("plus" as "+", tjl.range(3), (i) => i)).toThrow('"vcat"');
    expect(() => tjl.parallel("+", tjl.range(3), 5 as never)).toThrow("function");
  });
});

describe("bodies", () => {
  test("may be async, or sometimes", async () => {
    expect(await tjl.parallel("+", tjl.range(20), async (i) => i)).toBe(190);
    expect(await tjl.parallel("+", tjl.range(20), (i) => (i % 3 === 0 ? Promise.resolve(i) : i))).toBe(190);
    expect(await tjl.parallel("vcat", tjl.range(9), (i) => (i % 2 === 0 ? Promise.resolve([i]) : i))).toEqual([
      ...tjl.range(9),
    ]);
  });

  test("run in order within a chunk, chunk i on the i-th worker", async () => {
    const where = await tjl.parallel("vcat", tjl.range(7), () => process.pid);
    const osPids = await Promise.all(pids.map((pid) => tjl.remotecallFetch(pid, () => process.pid)));
    expect(where).toEqual([0, 0, 0, 1, 1, 2, 2].map((i) => osPids[i]));
  });

  test("that throw say where and at which element", async () => {
    const error = await tjl
      .parallel("+", tjl.range(10), (i) => {
        if (i === 8) throw new RangeError("eight");
        return i;
      })
      .catch((e) => e);
    expect(error).toBeInstanceOf(tjl.RemoteError);
    expect(error.element).toBe(8);
    expect(error.message).toBe(`on worker ${pids[2]}, element 8: RangeError: eight`);
  });

  test("that reject say it too", async () => {
    const f = async (i: number) => {
      if (i === 5) throw new Error("five");
      return i;
    };
    await expect(tjl.parallel("+", tjl.range(6), f)).rejects.toThrow("element 5: Error: five");
  });

  test("work on copies", async () => {
    const a = new Array(10).fill(0);
    await tjl.sync(() => {
      tjl.parallel(tjl.range(10), (i) => {
        a[i] = i;
      });
    });
    expect(a).toEqual(new Array(10).fill(0));
  });
});

describe("without a reducer", () => {
  test("gives a reference for each chunk at once; sync waits for them", async () => {
    const started = performance.now();
    const slow = () => new Promise((resolve) => setTimeout(resolve, 100));
    const refs = tjl.parallel(tjl.range(3), slow);
    expect(performance.now() - started).toBeLessThan(90);
    expect(refs.map((ref) => ref.where)).toEqual(pids);
    expect(await refs[0]?.fetch()).toBe(undefined);
    const before = performance.now();
    await tjl.sync(() => void tjl.parallel(tjl.range(3), slow));
    expect(performance.now() - before).toBeGreaterThanOrEqual(95);
  });

  test("errors of several chunks come together in a sync", async () => {
    const error = await tjl
      .sync(() => {
        tjl.parallel(tjl.range(3), (i) => {
          throw new Error(`chunk ${i}`);
        });
      })
      .catch((e) => e);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors.map((e: Error) => (e.cause as Error).message)).toEqual(["chunk 0", "chunk 1", "chunk 2"]);
  });
});

describe("stopping", () => {
  test("a signal stops a loop that never yields", async () => {
    const giveUp = new AbortController();
    const endless = (i: number): number => {
      for (;;) if (i < 0) return i;
    };
    const running = tjl.parallel("+", tjl.range(3), endless, { signal: giveUp.signal });
    setTimeout(() => giveUp.abort(), 50);
    await expect(running).rejects.toBeInstanceOf(tjl.InterruptError);
    expect(await tjl.parallel("+", tjl.range(3), (i) => i)).toBe(3);
  });
});

test("a pool says which workers", async () => {
  const [first] = pids as [number];
  const osPid = await tjl.remotecallFetch(first, () => process.pid);
  const where = await tjl.parallel("vcat", tjl.range(4), () => process.pid, { pool: [first] });
  expect(where).toEqual([osPid, osPid, osPid, osPid]);
});
