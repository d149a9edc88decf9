/** Launch failures: a clear LaunchError with the step, the reason and the last lines; nothing is left. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withCluster } from "../../support/with-cluster.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "launch-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that stands in the place of Node. */
function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function startFails(
  exename: string,
  timeoutS?: number,
): Promise<Error & { failures: { stage: string; reason: string }[] }> {
  return withCluster(0, async (tjl) => {
    if (timeoutS) process.env.TJL_WORKER_TIMEOUT = String(timeoutS);
    try {
      return await tjl.addprocs(1, { exename }).then(
        () => Promise.reject(new Error("it started")),
        (error) => error,
      );
    } finally {
      delete process.env.TJL_WORKER_TIMEOUT;
    }
  });
}

test("a program that is not there", async () => {
  const error = await startFails("/nowhere/node");
  expect(error.name).toBe("LaunchError");
  expect(error.message).toContain("could not start 1 of 1 worker");
  expect(error.failures[0]?.reason).toBe("could not be started: there is no program /nowhere/node");
});

test("a program that ends with a status, and what it said", async () => {
  const error = await startFails(program("dies", "echo before; echo 'no such flag' >&2; exit 7"));
  expect(error.failures[0]?.reason).toContain("exited with status 7");
  expect(error.failures[0]?.reason).toContain("no such flag");
});

test("a program that says garbage for ever", async () => {
  const error = await startFails(program("garbage", "while :; do echo garbage; done"));
  expect(error.failures[0]?.reason).toContain("1000 lines");
});

test("a program that does not announce itself for TJL_WORKER_TIMEOUT, and what it said", async () => {
  const error = await startFails(program("silent", "echo 'loading modules' >&2; exec sleep 100"), 0.5);
  expect(error.failures[0]).toMatchObject({ stage: "announce" });
  expect(error.failures[0]?.reason).toMatch(/nothing heard for 0.5 s .*its last lines:\n +loading modules/s);
});

test("a program that announces an address where nobody listens", async () => {
  const error = await startFails(program("liar", "echo 'tjl_worker:0#/nowhere/x.sock'; exec sleep 100"), 5);
  expect(error.failures[0]).toMatchObject({ stage: "connect" });
});

test("options that have no meaning are misuse", () =>
  withCluster(0, async (tjl) => {
    await expect(tjl.addprocs(0)).rejects.toThrow("from 1 up");
    await expect(tjl.addprocs(1.5)).rejects.toThrow("whole number");
    await expect(tjl.addprocs(1, { exflags: [] } as never)).rejects.toThrow('there is no option "exflags"');
    await expect(tjl.addprocs(1, { topology: "ring" } as never)).rejects.toThrow("topology is one of");
    await expect(tjl.addprocs(1, { env: { "A-B": "1" } })).rejects.toThrow("cannot name a variable");
    await expect(tjl.addprocs(1, null as never)).rejects.toThrow("the options are an object, not null");
    await expect(tjl.addprocs(1, { dir: "/nowhere" })).rejects.toThrow("there is no folder /nowhere");
    await expect(tjl.rmprocs(1)).rejects.toThrow("process 1");
    await expect(tjl.rmprocs("2" as never)).rejects.toThrow("whole number");
    await expect(tjl.rmprocs(2, { waitFor: 1 } as never)).rejects.toThrow('there is no option "waitFor"');
    await expect(tjl.rmprocs(2, { waitfor: -1 })).rejects.toThrow("number of seconds");
    await tjl.rmprocs(77);
  }));
