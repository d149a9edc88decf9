/** Elements that fail: the error says which and where, onError puts something in its place, retries follow their delays. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let pids: number[];

beforeAll(async () => {
  tjl = await library();
  pids = await tjl.addprocs(2);
});
afterAll(() => tjl.rmprocs(...pids));

const oddFails = (x: number) => {
  if (x % 2 === 1) throw new RangeError(`odd ${x}`);
  return x;
};

describe("without handlers", () => {
  test("the first error ends the map, and says element, worker and cause", async () => {
    const error = await tjl.pmap(oddFails, [0, 2, 4, 5, 6, 8]).catch((e) => e);
    expect(error).toBeInstanceOf(tjl.RemoteError);
    expect(error.element).toBe(3);
    expect(pids).toContain(error.pid);
    expect(error.message).toBe(`on worker ${error.pid}, element 3: RangeError: odd 5`);
    expect(error.cause).toBeInstanceOf(RangeError);
  });

  test("elements behind the failed one are not begun for long", async () => {
    const f = async (x: number) => {
      if (x === 3) throw new Error("stop");
      await new Promise((resolve) => setTimeout(resolve, 10));
      const g = globalThis as { begun?: number };
      g.begun = (g.begun ?? 0) + 1;
    };
    await expect(tjl.pmap(f, tjl.range(1000))).rejects.toThrow("stop");
    const begun = await Promise.all(
      pids.map((pid) => tjl.remotecallFetch(pid, () => (globalThis as { begun?: number }).begun ?? 0)),
    );
    expect(begun.reduce((a, b) => a + b)).toBeLessThan(20);
  });
});

describe("onError", () => {
  test("a result that cannot even be looked at is the failure of its own element", async () => {
    const unseen: ProxyHandler<object> = {
      get() {
        throw new Error("no look");
      },
    };
    const bad = (x: number) => (x % 50 === 7 ? new Proxy({}, unseen) : x);
    const given = await tjl.pmap(bad, tjl.range(120), { onError: () => "bad" });
    expect(given).toEqual(Array.from({ length: 120 }, (_, x) => (x % 50 === 7 ? "bad" : x)));
  });

  test("puts its value in place of the failed ones, in batches and one by one", async () => {
    for (const batchSize of ["auto", 1, 4] as const) {
      const results = await tjl.pmap(oddFails, tjl.range(9), {
        batchSize,
        onError: (error, element) => `${(error.cause as Error).message} at ${element}`,
      });
      expect(results).toEqual([0, "odd 1 at 1", 2, "odd 3 at 3", 4, "odd 5 at 5", 6, "odd 7 at 7", 8]);
    }
  });

  test("runs here, may be async, and ends the map when it throws", async () => {
    const failed: number[] = [];
    await tjl.pmap(oddFails, tjl.range(4), {
      onError: async (_, element) => {
        failed.push(element);
        return -1;
      },
    });
    expect(failed.sort()).toEqual([1, 3]);
    const thrown = tjl.pmap(oddFails, tjl.range(4), {
      onError: () => {
        throw new Error("from onError");
      },
    });
    await expect(thrown).rejects.toThrow("from onError");
  });
});

describe("retries", () => {
  const failsTwice = (x: number) => {
    const g = globalThis as { tries?: Record<number, number> };
    g.tries ??= {};
    g.tries[x] = (g.tries[x] ?? 0) + 1;
    if (g.tries[x] < 3) throw new Error(`try ${g.tries[x]}`);
    return x;
  };
  const forget = () => tjl.everywhere(() => void delete (globalThis as { tries?: unknown }).tries);
  const one = () => ({ pool: [pids[0] as number] });

  test("are as many as there are delays", async () => {
    await forget();
    expect(await tjl.pmap(failsTwice, tjl.range(5), { ...one(), retryDelays: [0, 0] })).toEqual([0, 1, 2, 3, 4]);
    await forget();
    await expect(tjl.pmap(failsTwice, tjl.range(5), { ...one(), retryDelays: [0] })).rejects.toThrow("try 2");
  });

  test("wait for their delays, in seconds", async () => {
    await forget();
    const started = performance.now();
    await tjl.pmap(failsTwice, [1], { ...one(), retryDelays: [0.05, 0.1] });
    expect(performance.now() - started).toBeGreaterThanOrEqual(149);
  });

  test("take delays from an endless generator, for every element anew", async () => {
    await forget();
    const endless = (function* () {
      for (;;) yield 0;
    })();
    expect(await tjl.pmap(failsTwice, tjl.range(4), { ...one(), retryDelays: endless })).toEqual([0, 1, 2, 3]);
  });

  test("are made only when retryCheck agrees", async () => {
    await forget();
    const asked: [string, number, number][] = [];
    const results = tjl.pmap(failsTwice, [7], {
      ...one(),
      retryDelays: [0, 0, 0],
      retryCheck: (error, { element, tries }) => {
        asked.push([(error.cause as Error).message, element, tries]);
        return tries < 2;
      },
    });
    await expect(results).rejects.toThrow("try 2");
    expect(asked).toEqual([
      ["try 1", 0, 1],
      ["try 2", 0, 2],
    ]);
  });

  test("come after onError: what it returns stands, what it throws is retried", async () => {
    await forget();
    const asked: string[] = [];
    const results = await tjl.pmap(failsTwice, [1], {
      ...one(),
      retryDelays: [0, 0],
      onError: (error) => {
        asked.push((error.cause as Error).message);
        throw error;
      },
    });
    expect(results).toEqual([1]);
    expect(asked).toEqual(["try 1", "try 2"]);
    await forget();
    expect(await tjl.pmap(failsTwice, [1], { ...one(), retryDelays: [0, 0], onError: () => "given up" })).toEqual([
      "given up",
    ]);
  });

  test("leave the other elements alone", async () => {
    await forget();
    const counted = (x: number) => {
      const g = globalThis as { tries?: Record<number, number> };
      g.tries ??= {};
      g.tries[x] = (g.tries[x] ?? 0) + 1;
      if (x === 50 && g.tries[x] === 1) throw new Error("once");
      return g.tries[x];
    };
    const results = await tjl.pmap(counted, tjl.range(100), { ...one(), retryDelays: [0] });
    expect(results.filter((n) => n !== 1)).toEqual([2]);
    expect(results[50]).toBe(2);
  });
});

describe("what cannot travel", () => {
  test("the function: an error that names the variable, before anything runs", async () => {
    const weak = new WeakMap();
    const error = await tjl.pmap((x: number) => [x, weak], [1, 2]).catch((e) => e);
    expect(error).toBeInstanceOf(tjl.SerializationError);
    expect(error.message).toContain("weak");
  });

  test("one element: it fails, the others do not", async () => {
    const elements: unknown[] = [1, 2, new WeakMap(), 4, 5];
    const f = (x: unknown) => typeof x;
    const results = await tjl.pmap(f, elements, { batchSize: 5, onError: (_, element) => `not sent: ${element}` });
    expect(results).toEqual(["number", "number", "not sent: 2", "number", "number"]);
    await expect(tjl.pmap(f, elements)).rejects.toBeInstanceOf(tjl.SerializationError);
  });

  test("one result: it fails, the others do not, and nothing runs twice", async () => {
    const f = (x: number) => {
      const g = globalThis as { calls?: number };
      g.calls = (g.calls ?? 0) + 1;
      return x === 3 ? (new WeakMap() as never) : x;
    };
    const [pid] = pids as [number];
    const results = await tjl.pmap(f, tjl.range(6), { pool: [pid], batchSize: 6, onError: () => -1 });
    expect(results).toEqual([0, 1, 2, -1, 4, 5]);
    expect(await tjl.remotecallFetch(pid, () => (globalThis as { calls?: number }).calls)).toBe(6);
  });
});

test("exponentialBackoff grows, stays below its limit, and is a little random", () => {
  expect(tjl.exponentialBackoff(4, { jitter: 0 })).toEqual([0.05, 0.25, 1.25, 6.25]);
  expect(tjl.exponentialBackoff(6, { jitter: 0 }).at(-1)).toBe(10);
  const [first = 0] = tjl.exponentialBackoff(1);
  expect(first).toBeGreaterThanOrEqual(0.05);
  expect(first).toBeLessThanOrEqual(0.055);
  expect(() => tjl.exponentialBackoff(-1)).toThrow(tjl.UsageError);
});
