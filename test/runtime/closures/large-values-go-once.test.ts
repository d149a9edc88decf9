// A captured value above 1 MiB goes to each worker once for all calls of one pmap, loop or everywhere: told by the bytes that workers have read.
import { expect, test } from "vitest";
import { driverJson } from "../../support/run-driver.ts";

test.runIf(process.platform === "linux")("by the bytes that arrive", async () => {
  const seen = await driverJson<Record<string, number[]>>(
    `
    import { readFileSync } from "node:fs";
    const readBy = (pid: number) =>
      remotecallFetch(pid, () => Number(/rchar: (\\d+)/.exec(readFileSync("/proc/self/io", "utf8"))![1]));
    const readByAll = () => Promise.all(workers().map(readBy));
    const seen: Record<string, number[]> = {};
    /** How many MiB each worker reads meanwhile. */
    async function see(name: string, act: () => unknown) {
      const before = await readByAll();
      await act();
      seen[name] = (await readByAll()).map((bytes, i) => Math.round((bytes - before[i]!) / 2 ** 20));
    }
    const made = () => new Float64Array(2 ** 19).fill(1);
    const [a, b, c] = [made(), made(), made()];
    const table = Array.from({ length: 400_000 }, (_, i) => i + 0.5);
    const twenty = [...range(20)];
    await see("pmap", () => pmap((i) => a[i]! + 1, twenty, { batchSize: 1 }));
    await see("loop", () => parallel("+", range(20), (i) => b[i]!));
    await see("everywhere", () => everywhere(() => void (globalThis as { kept?: number }).kept, { args: [c.length] }));
    await see("everywhere with it", () => everywhere(() => { (globalThis as { kept?: number }).kept = c.length; }));
    await see("plain data", () => pmap((i) => table[i]!, twenty, { batchSize: 1 }));
    console.log(JSON.stringify(seen));
  `,
  );
  expect(seen).toEqual({
    pmap: [4, 4],
    loop: [4, 4],
    everywhere: [0, 0],
    "everywhere with it": [4, 4],
    "plain data": [3, 3],
  });
});
