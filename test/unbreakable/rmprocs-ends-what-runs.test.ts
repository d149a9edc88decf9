/** rmprocs lets calls end, then interrupts them, then kills: the worker is gone in the time that the documentation gives. */
import { expect, test } from "vitest";
import { type Library, withCluster } from "../support/with-cluster.ts";

/** 5 s for answers, 2 s for the interrupt, and what ending takes; the rest is for a machine that has much else to do. */
const LONGEST_S = 8 + 12;

test(
  "what ends is answered, what goes on is interrupted, what cannot be interrupted is killed",
  () =>
    withCluster(5, async (tjl: Library, pids) => {
      const [quick, looping, waiting, native, caller] = pids as [number, number, number, number, number];
      const outcome = (call: Promise<unknown>) => call.catch((error: unknown) => error);
      const calls = {
        quick: tjl.remotecallFetch(quick, () => new Promise((resolve) => setTimeout(() => resolve("answered"), 300))),
        looping: tjl.remotecallFetch(looping, () => {
          for (;;);
        }),
        waiting: tjl.remotecallFetch(waiting, () => new Promise(() => {})),
        native: tjl.remotecallFetch(native, () => {
          const { pbkdf2Sync } = process.getBuiltinModule("node:crypto");
          return pbkdf2Sync("password", "salt", 2 ** 31 - 1, 64, "sha512");
        }),
        nested: tjl.remotecallFetch(
          caller,
          (pid: number) => (globalThis as unknown as Library).remotecallFetch(pid, () => new Promise(() => {})),
          waiting,
        ),
      };
      const outcomes = Promise.all(Object.entries(calls).map(async ([name, call]) => [name, await outcome(call)]));
      await tjl.rmprocs(quick, looping, waiting, native, { waitfor: LONGEST_S });
      expect(tjl.workers()).toEqual([caller]);
      const told = Object.fromEntries(await outcomes);
      expect(told.quick).toBe("answered");
      expect(told.looping).toMatchObject({ name: "InterruptError", code: "TJL_INTERRUPTED", pid: looping });
      expect(told.waiting).toMatchObject({ name: "InterruptError", code: "TJL_INTERRUPTED", pid: waiting });
      expect(told.native).toMatchObject({ name: "ProcessExitedError", pid: native, signal: "SIGKILL" });
      expect(told.native.message).toContain("did not stop within 2 s of being interrupted");
      expect(told.nested.cause).toMatchObject({ name: "InterruptError", pid: waiting });
    }),
  60_000,
);
