/** interrupt and AbortSignals stop whatever a worker does, and keep the worker with its state. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { type Library, library } from "../../support/with-cluster.ts";

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
  "an endless loop in a timer": "() => new Promise(() => { setTimeout(() => { for (;;); }, 10); })",
};

describe.each(Object.entries(endless))("%s", (_name, text) => {
  const f = new Function(`return ${text}`)() as () => unknown;
  test("ends by interrupt, and the worker keeps its state", async () => {
    await tjl.remotecallFetch(a, () => {
      (globalThis as Record<string, unknown>).kept = "kept";
    });
    const started = tjl.remotecallFetch(a, f).catch((error) => error);
    await soon(300);
    await tjl.interrupt(a);
    const outcome = await started;
    if (outcome instanceof Error) expect(outcome).toMatchObject({ name: "InterruptError", pid: a });
    else expect(outcome).toMatchObject({ signal: "SIGINT" });
    expect(await tjl.remotecallFetch(a, () => (globalThis as Record<string, unknown>).kept)).toBe("kept");
  });
});

/** Lets the worker get into its endless work; longer or shorter changes nothing but where it is stopped. */
function soon(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

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
  await tjl.interrupt(a);
  expect(await busy).toBe("stopped");
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
