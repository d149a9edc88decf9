/** A pmap that is stopped: by its signal, by the signal around it, by interrupt(); workers stop too and stay usable. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../support/wait-for.ts";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let pids: number[];

beforeAll(async () => {
  tjl = await library();
  pids = await tjl.addprocs(2);
});
afterAll(() => tjl.rmprocs(...pids));

const beat = async () => {
  const g = globalThis as { beats?: number };
  for (let i = 0; i < 10_000; i++) {
    g.beats = (g.beats ?? 0) + 1;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};
const spin = () => {
  for (;;);
};

/** The workers answer, and nothing goes on there. */
async function expectIdle(): Promise<void> {
  for (const pid of pids) {
    await waitFor(`worker ${pid} to be idle`, async () => {
      const row = (await tjl.clusterReport()).find((row) => row.pid === pid);
      return row !== undefined && JSON.stringify(row).includes('"running":[]');
    });
  }
}

test("its own signal stops async functions", async () => {
  const giveUp = new AbortController();
  const running = tjl.pmap(beat, tjl.range(10), { signal: giveUp.signal });
  setTimeout(() => giveUp.abort("enough"), 50);
  const error = await running.catch((e) => e);
  expect(error).toBeInstanceOf(tjl.InterruptError);
  expect(error.cause).toBe("enough");
  await expectIdle();
});

test("its own signal stops functions that never yield, and the workers live on", async () => {
  const giveUp = new AbortController();
  const running = tjl.pmap(spin, tjl.range(4), { signal: giveUp.signal });
  setTimeout(() => giveUp.abort(), 50);
  await expect(running).rejects.toBeInstanceOf(tjl.InterruptError);
  expect(await tjl.pmap((x: number) => x, tjl.range(4))).toEqual([0, 1, 2, 3]);
  expect(tjl.workers()).toEqual(pids);
});

test("its own signal stops a function that was quick for long and then hangs, with another batch in line behind", async () => {
  const giveUp = new AbortController();
  const hangsLate = (x: number) => {
    const g = globalThis as { hangs?: boolean };
    g.hangs = x === 1500;
    const end = performance.now() + (g.hangs ? Number.POSITIVE_INFINITY : 0.5);
    while (performance.now() < end);
    return x;
  };
  const running = tjl.pmap(hangsLate, tjl.range(1_000_000), { signal: giveUp.signal });
  running.catch(() => {});
  const isHanging = async () => {
    const longest = (await tjl.clusterReport())
      .flatMap((row) => row.running ?? [])
      .map((call) => Date.now() - call.since);
    return Math.max(0, ...longest) > 400;
  };
  await waitFor("an element to hang", isHanging);
  giveUp.abort();
  await expect(running).rejects.toBeInstanceOf(tjl.InterruptError);
  expect(await tjl.pmap((x: number) => x, tjl.range(4))).toEqual([0, 1, 2, 3]);
  expect(tjl.workers()).toEqual(pids);
});

test("a signal that is aborted already stops it before anything is read", async () => {
  let read = 0;
  const source = (function* () {
    yield read++;
  })();
  const running = tjl.pmap((x: number) => x, source, { signal: AbortSignal.abort() });
  await expect(running).rejects.toBeInstanceOf(tjl.InterruptError);
  expect(read).toBe(0);
});

test("the signal around it stops it", async () => {
  const giveUp = new AbortController();
  const running = tjl.withSignal(giveUp.signal, async () => {
    await null;
    return tjl.pmap(beat, tjl.range(4));
  });
  setTimeout(() => giveUp.abort(), 50);
  await expect(running).rejects.toBeInstanceOf(tjl.InterruptError);
  await expectIdle();
});

test("interrupt() ends it with an InterruptError, retries or not", async () => {
  const error = tjl.pmap(beat, tjl.range(6), { retryDelays: [0, 0, 0] }).catch((e) => e);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await tjl.interrupt();
  expect(await error).toBeInstanceOf(tjl.InterruptError);
});

test("an error on one worker stops the others", async () => {
  const f = async (x: number) => {
    const g = globalThis as { late?: number };
    if (x === 0) throw new Error("first");
    await new Promise((resolve) => setTimeout(resolve, 300));
    g.late = (g.late ?? 0) + 1;
  };
  await expect(tjl.pmap(f, tjl.range(8))).rejects.toThrow("first");
  await expectIdle();
});
