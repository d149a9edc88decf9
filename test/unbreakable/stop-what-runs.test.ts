/** interrupt and AbortSignals stop whatever a worker does, and keep the worker with its state. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../support/wait-for.ts";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let a: number;
let b: number;

beforeAll(async () => {
  tjl = await library();
  [a, b] = (await tjl.addprocs(2)) as [number, number];
});
afterAll(() => tjl.rmprocs(a, b));

/** As text, so that nothing of the test runner is around them. */
const endless: Record<string, string> = {
  "an endless loop": "() => { for (;;); }",
  "a loop that catches everything": "() => { for (;;) { try { for (;;); } catch {} finally {} } }",
  "a regular expression gone exponential": "() => /^(a+)+$/.test('a'.repeat(60) + 'b')",
  "a wait on shared memory": "() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
  "a program that is waited for": "() => process.getBuiltinModule('node:child_process').spawnSync('sleep', ['60'])",
  "waiting for ever": "() => new Promise(() => {})",
  "an endless loop after an await": "async () => { await new Promise((r) => setTimeout(r, 20)); for (;;); }",
  "an endless chain of promises": "async () => { for (;;) await null; }",
  "an endless chain of process.nextTick":
    "() => new Promise(() => { const f = () => process.nextTick(f); setTimeout(f, 10); })",
  "an endless loop in a timer": "() => new Promise(() => { setTimeout(() => { for (;;); }, 10); })",
};

describe.each(Object.entries(endless))("%s", (_name, text) => {
  const f = new Function(`return ${text}`)() as () => unknown;
  test("ends by interrupt, and the worker keeps its state", () =>
    ends((call) => ({ call: call(), stop: () => tjl.interrupt(a) })));

  test("ends by its AbortSignal, and the worker keeps its state", () =>
    ends((call) => {
      const giveUp = new AbortController();
      return { call: tjl.withSignal(giveUp.signal, call), stop: () => giveUp.abort() };
    }));

  async function ends(
    way: (call: () => Promise<unknown>) => { call: Promise<unknown>; stop: () => unknown },
  ): Promise<void> {
    await tjl.remotecallFetch(a, () => {
      (globalThis as Record<string, unknown>).kept = "kept";
    });
    const { call, stop } = way(() => tjl.remotecallFetch(a, f).catch((error) => error));
    await soon(150);
    await stop();
    expect(await call).toMatchObject({ name: "InterruptError", pid: a });
    expect(await tjl.remotecallFetch(a, () => (globalThis as Record<string, unknown>).kept)).toBe("kept");
  }
});

/** Lets the worker get into its endless work; longer or shorter changes nothing but where it is stopped. */
function soon(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test("calls that a loop makes on other workers are cut off whole", async () => {
  await tjl.remotecallFetch(a, () => {
    (globalThis as Record<string, unknown>).flood = (b: number) => {
      const call = (globalThis as unknown as Library).remotecallFetch;
      const big = new Float64Array(4_000);
      for (;;) call(b, (x: Float64Array) => x.length, big).catch(() => {});
    };
  });
  for (let i = 0; i < 5; i++) {
    const started = tjl
      .remotecallFetch(a, (b: number) => (globalThis as unknown as { flood(b: number): void }).flood(b), b)
      .catch((error) => error);
    await soon(20 + 10 * i);
    await tjl.interrupt(a);
    expect(await started).toMatchObject({ name: "InterruptError", pid: a });
    // A message that was sent in part would be the end of the connection between the two, or worse.
    const length = (b: number) =>
      (globalThis as unknown as Library).remotecallFetch(b, (x: number[]) => x.length, [1, 2, 3]);
    expect(await tjl.remotecallFetch(a, length, b)).toBe(3);
  }
});

test("a worker that is interrupted in its first call of another one connects to that all the same", async () => {
  const pids = await tjl.addprocs(16);
  const pairs = pids.slice(0, 8).map((caller, i) => [caller, pids[8 + i] as number] as const);
  const first = (b: number) => {
    const call = (globalThis as unknown as Library).remotecallFetch;
    for (;;) call(b, () => 1).catch(() => {});
  };
  const again = (b: number) => (globalThis as unknown as Library).remotecallFetch(b, () => "answered");
  for (const [i, [caller, other]] of pairs.entries()) {
    const called = tjl.remotecallFetch(caller, first, other).catch((error) => error);
    // From the loading of what a first call needs to its connection.
    await soon(3 + i * 1.5);
    await tjl.interrupt(caller);
    expect(await called).toMatchObject({ name: "InterruptError", pid: caller });
    expect(await tjl.remotecallFetch(caller, again, other)).toBe("answered");
  }
  await tjl.rmprocs(...pids);
});

test("a map over a DArray whose function was always short before ends by its AbortSignal and by interrupt", async () => {
  // The first call with an await brings the means to stop what is in no guard.
  await tjl.remotecallFetch(a, async () => {
    await new Promise((r) => setTimeout(r, 5));
  });
  const numbers = await tjl.dfill(1, [200_000], [a]);
  const mapping = async (hangs: boolean) => {
    const mapped = await numbers.map((x: number) => {
      while (hangs);
      return x + 1;
    });
    await mapped.close();
  };
  for (const stop of ["abort", "interrupt"]) {
    for (let i = 0; i < 8; i++) await mapping(false);
    const giveUp = new AbortController();
    const hung = tjl.withSignal(giveUp.signal, () => mapping(true)).catch((error) => error);
    await soon(100);
    if (stop === "abort") giveUp.abort();
    else await tjl.interrupt(a);
    expect(await hung).toMatchObject({ name: "InterruptError" });
    await mapping(false);
  }
  expect((await tjl.toArray(numbers)).data).toHaveLength(200_000);
  await numbers.close();
});

test("an interrupt never hits a call that comes after it", async () => {
  for (let i = 0; i < 30; i++) {
    // Ends by itself at about the time of the interrupt.
    const short = tjl
      .remotecallFetch(
        a,
        (ms: number) => {
          const end = performance.now() + ms;
          while (performance.now() < end);
          return "done";
        },
        2 + (i % 7),
      )
      .catch((error) => error.name);
    await soon(i % 5);
    await tjl.interrupt(a);
    expect(["done", "InterruptError"]).toContain(await short);
    const after = tjl.remotecallFetch(a, () => {
      const end = performance.now() + 2;
      while (performance.now() < end);
      return "after";
    });
    expect(await after).toBe("after");
  }
});

test("calls that wait their turn behind what is stopped do not start, however many they are", async () => {
  const calls = Array.from({ length: 500 }, () =>
    tjl
      .remotecallFetch(a, () => {
        const counted = globalThis as unknown as { started?: number };
        counted.started = (counted.started ?? 0) + 1;
        for (;;);
      })
      .catch((error) => error.name),
  );
  await soon(50);
  await tjl.interrupt(a);
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["InterruptError"]));
  expect(await tjl.remotecallFetch(a, () => (globalThis as { started?: number }).started)).toBeLessThan(5);
});

test("a function that has been quick for long and then hangs is reached too", async () => {
  const f = (n: number) => {
    while (n < 0);
    return n;
  };
  for (let i = 0; i < 1000; i++) await tjl.remotecallFetch(a, f, i);
  const stuck = tjl.remotecallFetch(a, f, -1).catch((error) => error);
  await soon(100);
  await tjl.interrupt(a);
  expect(await stuck).toMatchObject({ name: "InterruptError", pid: a });
  expect(await tjl.remotecallFetch(a, f, 5)).toBe(5);
});

test("hundreds of calls under one signal end with it when a function that has been quick for long hangs", async () => {
  const f = (n: number) => {
    while (n < 0);
    return n;
  };
  for (let i = 0; i < 1000; i++) await tjl.remotecallFetch(a, f, i);
  const giveUp = new AbortController();
  const calls = tjl.withSignal(giveUp.signal, () =>
    Array.from({ length: 300 }, (_, i) => tjl.remotecallFetch(a, f, i === 5 ? -1 : i).catch((error) => error)),
  );
  await waitFor("one of them to hang", async () =>
    (await tjl.clusterReport()).find((row) => row.pid === a && row.state === "busy" && row.running?.length),
  );
  giveUp.abort();
  const ends = await Promise.all(calls);
  expect(ends.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
  expect(ends[5]).toMatchObject({ name: "InterruptError", pid: a });
  expect(await tjl.remotecallFetch(a, f, 5)).toBe(5);
});

test("a function that has taken milliseconds for long and then hangs says what it is, and is reached", async () => {
  function crunching(n: number) {
    const end = performance.now() + 2;
    while (n < 0 || performance.now() < end);
    return n;
  }
  for (let i = 0; i < 300; i++) await tjl.remotecallFetch(a, crunching, i);
  const stuck = tjl.remotecallFetch(a, crunching, -1).catch((error) => error);
  const row = await waitFor("the report calls it busy", async () =>
    (await tjl.clusterReport()).find((row) => row.pid === a && row.state === "busy"),
  );
  expect(row.running).toMatchObject([{ name: "crunching", from: 1, place: expect.stringContaining(".test.ts:") }]);
  expect(row.rss).toBeGreaterThan(1e6);
  await tjl.interrupt(a);
  expect(await stuck).toMatchObject({ name: "InterruptError", pid: a });
});

test("a function that has waited for short programs and then waits for ever for one is reached", async () => {
  const waiting = (seconds: number) => {
    process.getBuiltinModule("node:child_process").spawnSync("sleep", [String(seconds)]);
    return process.pid;
  };
  for (let i = 0; i < 200; i++) await tjl.remotecallFetch(a, waiting, 0);
  const stuck = tjl.remotecallFetch(a, waiting, 60).catch((error) => error);
  await soon(100);
  await tjl.interrupt(a);
  expect(await stuck).toMatchObject({ name: "InterruptError", pid: a });
  expect(await tjl.remotecallFetch(a, waiting, 0)).toBeGreaterThan(0);
});

test("an endless loop after an await is named by the report", async () => {
  const afterwards = async () => {
    await null;
    for (;;);
  };
  const stuck = tjl.remotecallFetch(a, afterwards).catch((error) => error);
  const row = await waitFor("the report calls it busy", async () =>
    (await tjl.clusterReport()).find((row) => row.pid === a && row.state === "busy" && row.running?.length),
  );
  expect(row.running).toMatchObject([{ name: "afterwards", from: 1 }]);
  await tjl.interrupt(a);
  expect(await stuck).toMatchObject({ name: "InterruptError", pid: a });
});

test("an aborted signal stops its own call and leaves the others of the worker alone", async () => {
  const giveUp = new AbortController();
  const other = tjl.remotecallFetch(b, () => new Promise((resolve) => setTimeout(() => resolve("lives"), 700)));
  const mine = tjl.withSignal(giveUp.signal, () =>
    tjl.remotecallFetch(b, () => {
      for (;;);
    }),
  );
  await soon(100);
  giveUp.abort(new Error("enough"));
  const error = await mine.catch((error) => error);
  expect(error).toMatchObject({ name: "InterruptError", pid: b });
  expect(await other).toBe("lives");
});

test("a call that waits behind a busy one is cancelled without harm to it", async () => {
  const giveUp = new AbortController();
  const busy = tjl.remotecallFetch(b, () => {
    const end = Date.now() + 500;
    while (Date.now() < end);
    return "done";
  });
  const behind = tjl.withSignal(giveUp.signal, () => tjl.remotecallFetch(b, () => new Promise(() => {})));
  giveUp.abort();
  await expect(behind).rejects.toThrow("interrupted");
  expect(await busy).toBe("done");
});

test("a busy worker is busy, not lost, and says what it runs", async () => {
  function crunching() {
    for (;;);
  }
  const busy = tjl.remotecallFetch(a, crunching).catch(() => "stopped");
  const row = await waitFor("the report calls it busy", async () =>
    (await tjl.clusterReport()).find((row) => row.pid === a && row.state === "busy" && row.running?.length),
  );
  expect(row.running?.[0]).toMatchObject({ name: "crunching", from: 1 });
  expect(row.running?.[0]?.place).toMatch(/stop-what-runs\.test\.ts:\d+$/);
  expect(Date.now() - (row.running?.[0]?.since ?? 0)).toBeLessThan(60_000);
  expect(row.rss).toBeGreaterThan(1e6);
  expect(row.cpuMs).toBeGreaterThan(0);
  expect(row.loopDelayMs).toBeGreaterThan(0);
  await tjl.interrupt(a);
  expect(await busy).toBe("stopped");
});

test("what only their user may see is closed to others", async () => {
  const ospid = await tjl.remotecallFetch(a, () => process.pid);
  const words = readFileSync(`/proc/${ospid}/cmdline`, "latin1").split("\0");
  const folder = words.find((word) => word.startsWith("--bind-to="))?.slice("--bind-to=".length);
  expect(statSync(folder as string).mode & 0o777).toBe(0o700);
  const files = readdirSync(folder as string);
  expect(files.length).toBeGreaterThanOrEqual(4);
  for (const file of files) expect([file, statSync(`${folder}/${file}`).mode & 0o077]).toEqual([file, 0]);
});

test("what goes wrong in a worker's background code is told, and the worker lives on", async () => {
  await tjl.remotecallFetch(a, () => {
    Promise.reject(new Error("nobody waits"));
    setTimeout(() => {
      throw new Error("in a timer");
    }, 1);
  });
  await soon(50);
  expect(await tjl.remotecallFetch(a, () => "alive")).toBe("alive");
});

test("native code that does not return is ended with its process, and who waits is told why", async () => {
  const native = tjl.remotecallFetch(b, () => {
    const { pbkdf2Sync } = process.getBuiltinModule("node:crypto");
    return pbkdf2Sync("password", "salt", 2 ** 31 - 1, 64, "sha512");
  });
  const told = native.catch((error) => error);
  await soon(100);
  await tjl.interrupt(b);
  expect(await told).toMatchObject({ name: "ProcessExitedError", pid: b, signal: "SIGKILL" });
  expect((await told).message).toContain("did not stop within 2 s of being interrupted and was ended");
  expect(tjl.workers()).toEqual([a]);
  expect(await tjl.remotecallFetch(a, () => "alive")).toBe("alive");
});
