import { test } from "vitest";
import { drives } from "./drives.ts";

test("large results through shared memory are like any other: right, and each its own", async () => {
  await drives(`
    import { readFileSync } from "node:fs";
    const segments = () => (readFileSync("/proc/self/maps", "utf8").match(/memfd:tjulia/g) ?? []).length;
    const n = 1000;
    const value = (i, j) => (i * 31 + j * 17) % 251;
    for (const [dtype, dist] of [["float64", [3, 1]], ["float64", [1, 3]], ["uint8", [1, 3]], ["complex64", [3, 1]], ["int64", [1, 3]]]) {
      const rows = dtype === "uint8" ? 4 * n : n;
      const d = await darray(([r, c]) => {
        const a = np.zeros([r.length, c.length], dtype);
        const width = dtype === "complex64" ? 2 : 1;
        let at = 0;
        for (const i of r) for (const j of c) { a.data[at] = dtype === "int64" ? BigInt(value(i, j)) : value(i, j); at += width; }
        return a;
      }, [rows, n], [2, 3, 4], dist);
      const kept = [];
      for (let round = 0; round < 8; round++) {
        const a = await toArray(d);
        for (const [i, j] of [[0, 0], [rows - 1, n - 1], [333, 334], [rows - 2, 5], [7, n - 3]]) {
          const x = a.get([i, j]);
          assert.equal(Number(typeof x === "object" ? x.re : x), value(i, j), [dtype, dist, round, i, j].join());
        }
        // What is written into one result is in no other.
        if (round % 2) { a.fill(dtype === "int64" ? 1n : 1); kept.push(a); }
        await new Promise((r) => setTimeout(r, 5));
      }
      for (const a of kept) assert.ok([a.data[0], a.data[a.data.length - 2]].every((x) => Number(x) === 1), dtype);
      await d.close();
    }
    assert.ok(segments() > 0, "no result came through shared memory");
    // From worker to worker.
    const d = await dones([3000, 200]);
    const sums = await remotecallFetch(3, async (d) => {
      const sums = [];
      for (let round = 0; round < 5; round++) { sums.push(np.sum(await toArray(d))); await new Promise((r) => setTimeout(r, 20)); }
      return sums;
    }, d);
    equal(sums, Array(5).fill(600000));
  `);
});

test("an owner that dies, and a wait that is given up, leave the other results alone", async () => {
  await drives(`
    const d = await dones([3000, 200], [2, 3, 4], [3, 1]);
    for (let round = 0; round < 4; round++) { await toArray(d); await new Promise((r) => setTimeout(r, 20)); }
    const stop = new AbortController();
    remoteDo(4, () => { const until = Date.now() + 300; while (Date.now() < until); });
    const given = withSignal(stop.signal, () => toArray(d));
    setTimeout(() => stop.abort(), 50);
    await given.catch((error) => assert.equal(error.name, "InterruptError"));
    const results = [];
    for (let round = 0; round < 4; round++) results.push(await toArray(d));
    await d.fill(2);
    await new Promise((r) => setTimeout(r, 400));
    equal(results.map((a) => np.sum(a)), Array(4).fill(600000));
    remoteDo(4, () => process.kill(process.pid, "SIGKILL"));
    await fails((async () => { for (;;) await toArray(d); })(), /ProcessExitedError: worker 4/);
    equal(np.sum(await toArray(d.view(range(0, 2000)))), 800000);
  `);
});
