/** A worker that dies under a pmap: its elements fail or run elsewhere, the others go on, nothing hangs. */
import { expect, test } from "vitest";
import { type Library, withCluster } from "../support/with-cluster.ts";

/** Kills its process at element `at`, the first time round on the first worker. */
const deadly = (victim: number, at: number) => async (x: number) => {
  if (x === at && process.pid === victim) process.kill(process.pid, "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 5));
  return x;
};

const osPid = (tjl: Library, pid: number | undefined) => tjl.remotecallFetch(pid as number, () => process.pid);

test("with retryDelays its elements run elsewhere", () =>
  withCluster(3, async (tjl, pids) => {
    const victim = await osPid(tjl, pids[0]);
    const f = async (x: number) => {
      if (x >= 10 && process.pid === victim) process.kill(process.pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 5));
      return x;
    };
    expect(await tjl.pmap(f, tjl.range(60), { retryDelays: [0.01, 0.01] })).toEqual([...tjl.range(60)]);
    expect(tjl.workers()).toEqual(pids.slice(1));
  }));

test("with onError its elements get the value, the other workers do the rest", () =>
  withCluster(2, async (tjl, pids) => {
    const victim = await osPid(tjl, pids[0]);
    const f = async (x: number) => {
      if (x >= 6 && process.pid === victim) process.kill(process.pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 5));
      return x;
    };
    const errors: Error[] = [];
    const results = await tjl.pmap(f, tjl.range(40), {
      onError: (error) => {
        errors.push(error);
        return -1;
      },
    });
    expect(results.length).toBe(40);
    expect(errors.length).toBeGreaterThanOrEqual(1);
    expect(errors.every((error) => error instanceof tjl.ProcessExitedError)).toBe(true);
    expect(results.filter((x) => x === -1).length).toBe(errors.length);
    expect(results.filter((x, i) => x === i).length).toBe(40 - errors.length);
  }));

test("without handlers there is one error, which names worker and element, and the pool goes on", () =>
  withCluster(2, async (tjl, pids) => {
    const f = deadly(await osPid(tjl, pids[1]), 1);
    const g = async (x: number) => (await f(x)) * 1;
    const error = await tjl.pmap(g, [1, 1, 1, 1, 1, 1, 1]).catch((e) => e);
    expect(error).toBeInstanceOf(tjl.ProcessExitedError);
    expect(error.pid).toBe(pids[1]);
    expect(error.message).toMatch(/^worker \d+ was ended by SIGKILL.*\(element \d was there\)/);
    expect(await tjl.pmap((x: number) => x + 1, [1, 2, 3])).toEqual([2, 3, 4]);
  }));

test("when the last worker dies it ends at once, here nothing is run in its place", () =>
  withCluster(1, async (tjl) => {
    const f = (): number => {
      process.kill(process.pid, "SIGKILL");
      return 1;
    };
    const error = await tjl.pmap(f, tjl.range(5), { retryDelays: [0, 0, 0] }).catch((e) => e);
    expect(error).toBeInstanceOf(tjl.ProcessExitedError);
    expect(error.message).toContain("no worker is left");
  }));

test("a worker that is removed in good order loses nothing", () =>
  withCluster(2, async (tjl, pids) => {
    const f = async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return x;
    };
    const results = tjl.pmap(f, tjl.range(50));
    await new Promise((resolve) => setImmediate(resolve));
    await tjl.rmprocs(pids[0] as number);
    expect(await results).toEqual([...tjl.range(50)]);
  }));
