import { test } from "vitest";
import { drives } from "./drives.ts";

test("closed arrays are gone on every process, and say so", async () => {
  await drives(
    `
    await dones([9]).then((d) => d.close());
    const before = await kept();
    const d = await drand([3000]);
    const e = await d.map((x) => x + 1);
    globalThis.other = await remotecallFetch(3, (d) => { globalThis.mine = d; return "kept"; }, d);
    await d.close();
    await d.close();
    equal(String(d), "3000-element float64 DArray (3 pieces on processes 2, 3, 4, closed)");
    await fails(d.sum(), /^UsageError: the DArray has been closed/);
    assert.throws(() => d.view(0).toString() && localpart(d), /closed/);
    // Who still holds it is told as well.
    await fails(remotecallFetch(3, () => globalThis.mine.sum()), /the DArray has been closed|closed, or nobody held it/);
    await remotecallFetch(3, () => { globalThis.mine = undefined; });
    await using f = await e.copy();
    equal(f.length, 3000);
    await e.close();
    await f.close();
    await until("all pieces to go", async () => (await everywhere(() => globalThis.gc?.()), await kept()) <= before);
  `,
    { env: { NODE_OPTIONS: "--expose-gc" } },
  );
});

test("the memory of large arrays goes when they are closed", async () => {
  await drives(`
    const heldMiB = () => remotecallFetch(2, () => process.memoryUsage().arrayBuffers / 2 ** 20);
    const d = await dzeros([2 ** 26], [2, 3]);
    assert.ok((await heldMiB()) >= 256);
    await d.close();
    await until("the memory to go", async () => (await heldMiB()) < 64);
  `);
});

test("arrays that are made and closed in a loop do not make the engine look at all that it has", async () => {
  await drives(`
    const { constants } = await import("node:perf_hooks");
    const { NODE_PERFORMANCE_GC_MAJOR: MAJOR, NODE_PERFORMANCE_GC_MINOR: MINOR } = constants;
    const count = (kinds, wanted) => kinds.filter((kind) => kind === wanted).length;
    const step = () => darray(([r]) => { const end = performance.now() + 12; while (performance.now() < end); return new Float64Array(r.length); }, [2 ** 19], [2]);
    await remotecallFetch(2, () => {
      globalThis.seen = [];
      const { PerformanceObserver } = process.getBuiltinModule("node:perf_hooks");
      new PerformanceObserver((list) => seen.push(...list.getEntries().map((entry) => entry.detail.kind))).observe({ entryTypes: ["gc"] });
    });
    for (let i = 0; i < 60; i++) await (await step()).close();
    const kinds = await remotecallFetch(2, () => new Promise((done) => setTimeout(() => done(seen), 50)));
    assert.ok(count(kinds, MINOR) > 4 * count(kinds, MAJOR), kinds.join());
  `);
});

test("dropped arrays are freed on every process", async () => {
  await drives(
    `
    await dones([9]).then((d) => d.close());
    const before = await kept();
    await (async () => { for (let i = 0; i < 20; i++) { const d = await dones([300]); await remotecallFetch(2, (d) => d.sum(), d); } })();
    assert.ok((await kept()) > before);
    await until("the pieces to go", async () => {
      globalThis.gc();
      await everywhere(() => globalThis.gc());
      return (await kept()) <= before;
    });
  `,
    { env: { NODE_OPTIONS: "--expose-gc" } },
  );
});

test("a handle that comes back is the same, and works wherever it is", async () => {
  await drives(`
    const d = await dones([6]);
    assert.ok((await remotecallFetch(3, (d) => d, d)) === d);
    assert.ok(await remotecallFetch(3, (a, b) => a === b, d, d));
    equal(await remotecallFetch(3, async (d) => { const e = await d.add(1); return [await e.sum(), e.pids]; }, d), [12, [2, 3, 4]]);
    // Made on a worker, used here.
    const made = await remotecallFetch(4, () => darray(([r]) => new Float64Array(r.length).fill(myid()), [6]));
    equal([await nested(made), made.pids], [[2, 2, 3, 3, 4, 4], [2, 3, 4]]);
    // In a reference, in a map, in a loop of the owners.
    const r = remotecall(2, () => dzeros([4]));
    equal((await fetch(r)).dims, [4]);
    equal(await pmap((p) => made.get(p), [0, 2, 4]), [2, 3, 4]);
    equal(await parallel("+", made, (x) => x * 2), 36);
    let total = 0;
    await sync(() => { for (const p of made.pids) remotecallFetch(p, () => localpart(made).reduce((a, b) => a + b)).then((s) => { total += s; }); });
    equal(total, 18);
  `);
});

test("a worker that dies takes its piece: whoever asks for it is told, the rest is there", async () => {
  await drives(`
    const d = await darray(([r]) => new Float64Array(r.length).fill(myid()), [6]);
    remoteDo(3, () => process.kill(process.pid, "SIGKILL"));
    await until("the death to be known", () => !procs().includes(3));
    await fails(d.sum(), /^ProcessExitedError: worker 3/);
    await fails(d.get(2), /^ProcessExitedError: worker 3/);
    equal([await nested(d.view(range(2))), await nested(d.view(range(4, 6)))], [[2, 2], [4, 4]]);
    await d.close();
    await fails(darray(([r]) => { process.kill(process.pid, "SIGKILL"); return r; }, [2], [4]), /^ProcessExitedError: worker 4/);
    equal(await (await dones([5])).sum(), 5);
  `);
});

test("without workers everything is here", async () => {
  await drives(
    `
    const d = await darray(([r, c]) => r.map((i) => c.map((j) => i * j)), [4, 4]);
    equal([d.pids, await d.sum(), await nested(d.view(2)), localpart(d).shape], [[1], 36, [0, 2, 4, 6], [4, 4]]);
    const mine = new Float64Array([3, 1, 2]);
    const e = await distribute(mine);
    await e.set(9, 0);
    equal([mine[0], await nested(e.sort())], [3, [1, 2, 9]]);
    equal((await (await d.matmul(d)).sum()), 36 * 14 * 6 / 6 - 0);
    const error = await fails(darray(() => { throw new TypeError("here"); }, [2]), /^RemoteError: on process 1: TypeError: here/);
    equal(error.pid, 1);
    const S = await sharedArray("float64", [2, 2], { init: (S) => S.fill(1) });
    equal([S.pids, S.get(1, 1)], [[1], 1]);
    equal(await spmd((x) => x + 1, 1), [2]);
  `,
    { workers: 0 },
  );
});
