/** The library inside a process that is not tjl: here the test runner itself. */
import { expect, test } from "vitest";
import { withCluster } from "../support/with-cluster.ts";

test("workers are started, called and removed, twice in one process", async () => {
  for (let round = 0; round < 2; round++) {
    await withCluster(2, async (tjl, pids) => {
      expect(tjl.workers()).toEqual(pids);
      expect(await tjl.remotecallFetch(pids[1] ?? 0, (a: number, b: number) => a + b, 1, 4)).toBe(5);
    });
  }
});

test("ids are never used twice", async () => {
  const first = await withCluster(1, (_tjl, pids) => pids);
  const second = await withCluster(1, (_tjl, pids) => pids);
  expect(second[0]).toBeGreaterThan(first[0] ?? Number.POSITIVE_INFINITY);
});
