/** However a worker ends: everyone who waits is told at once with the reason, the others go on, nothing hangs. */
import { expect, test } from "vitest";
import { type Library, withCluster } from "../support/with-cluster.ts";

interface Ways {
  /** Runs on the worker. */
  way: (...args: never[]) => unknown;
  told: Record<string, unknown>;
  message: RegExp;
  exeflags?: string[];
}

const ways: Record<string, Ways> = {
  "kill -9": {
    way: () => process.kill(process.pid, "SIGKILL"),
    told: { signal: "SIGKILL" },
    message: /was ended by SIGKILL: by hand, or by the system/,
  },
  "process.exit in user code": {
    way: () => process.exit(3),
    told: { exitCode: 3 },
    message: /exited with status 3/,
  },
  "process.abort": { way: () => process.abort(), told: { signal: "SIGABRT" }, message: /was ended by SIGABRT/ },
  "memory that runs out": {
    way: () => {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(1000).fill(kept.length));
    },
    told: { signal: "SIGABRT" },
    message: /ran out of memory/,
    exeflags: ["--max-old-space-size=40"],
  },
  "an exit after last words": {
    way: () => {
      process.stderr.write("database is gone\n");
      process.exit(9);
    },
    told: { exitCode: 9, lastLines: ["database is gone"] },
    message: /database is gone/,
  },
};

for (const [name, { way, told, message, exeflags = [] }] of Object.entries(ways)) {
  test(name, () =>
    withCluster(
      2,
      async (tjl: Library, [a, b]) => {
        const ref = tjl.remotecall(a as number, () => "mine");
        await ref.wait();
        const other = tjl.remotecall(b as number, () => "other");
        const waiting = tjl.remotecallFetch(a as number, () => new Promise(() => {}));
        const dying = tjl.remotecallFetch(a as number, way as () => unknown);
        for (const call of [waiting, dying, ref.fetch()]) {
          const error = await call.then(
            (value) => value,
            (error: unknown) => error,
          );
          if (error === "mine") continue;
          expect(error).toBeInstanceOf(tjl.ProcessExitedError);
          expect(error).toMatchObject({ pid: a, ...told });
          expect((error as Error).message).toMatch(message);
        }
        expect(await other.fetch()).toBe("other");
        expect(tjl.workers()).toEqual([b]);
        await expect(ref.fetch()).rejects.toBeInstanceOf(tjl.ProcessExitedError);
      },
      { addprocs: { exeflags } },
    ),
  );
}
