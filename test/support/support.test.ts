/** The helpers themselves: they must find what is left behind, else every test that trusts them is worth nothing. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { watchLeaks } from "./leaks.ts";
import { descendants, isAlive, processesWith } from "./processes.ts";
import { root, runTjl } from "./run-tjl.ts";
import { waitFor } from "./wait-for.ts";

const fixture = (name: string) => `${root}/test/fixtures/support/${name}`;

test("a program's status, output and input are told", async () => {
  const result = await runTjl(["a", "b c"], { program: fixture("echo.mjs"), input: "hello" });
  expect(result).toMatchObject({ status: 3, signal: null, stdout: '["a","b c"] hello\n', stderr: "to stderr\n" });
});

test("a process that outlives its program fails the run and is ended", async () => {
  await expect(runTjl([], { program: fixture("leaves-a-process.mjs"), leftoversMs: 200 })).rejects.toThrow(
    /left behind after 0.2 s:\s+process \d+ .*setInterval/,
  );
});

test("a file that outlives its program fails the run", async () => {
  await expect(runTjl([], { program: fixture("leaves-a-file.mjs"), leftoversMs: 100 })).rejects.toThrow(
    /left behind.*\s+file \/tmp\/t\w+\/tjl-left/,
  );
});

test("a program that never ends is killed with all that it started", async () => {
  await expect(runTjl([], { program: fixture("never-ends.mjs"), timeoutMs: 500 })).rejects.toThrow(
    /did not end within 0.5 s; it printed\s+started (\d+)/,
  );
  const error = await runTjl([], { program: fixture("never-ends.mjs"), timeoutMs: 500 }).catch((e) => e);
  expect(isAlive(Number(/started (\d+)/.exec(error.message)?.[1]))).toBe(false);
});

test("children do not see what belongs to the developer's machine or the test runner", async () => {
  const result = await runTjl([], {
    program: fixture("environment.mjs"),
    env: { TJL_SEEN: "1", PATH: undefined },
  });
  const env = JSON.parse(result.stdout);
  expect(env).toMatchObject({ TJL_SEEN: "1" });
  for (const name of ["NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "VITEST", "PATH", "NODE_ENV"])
    expect(env).not.toHaveProperty(name);
});

test("descendants and marked processes are found, dead ones are not", async () => {
  const watch = watchLeaks();
  const child = spawn(process.execPath, [fixture("never-ends.mjs")], { env: { ...process.env, ...watch.env } });
  try {
    await waitFor("child and grandchild", () => descendants(child.pid ?? 0).length === 1);
    expect(processesWith("TJL_TEST_MARK", watch.env.TJL_TEST_MARK).map((p) => p.pid)).toContain(child.pid);
    writeFileSync(join(watch.env.TMPDIR, "here"), "");
    expect(watch.leftovers()).toHaveLength(3);
  } finally {
    await expect(watch.assertClean(50)).rejects.toThrow("left behind");
  }
  await waitFor("the end of both", () => processesWith("TJL_TEST_MARK", watch.env.TJL_TEST_MARK).length === 0);
});

test("waitFor tells what it waited for and what was thrown last", async () => {
  const wait = waitFor("a miracle", () => Promise.reject(new Error("none today")), { timeoutMs: 50, intervalMs: 5 });
  await expect(wait).rejects.toThrow(
    expect.objectContaining({ message: "not within 0.05 s: a miracle", cause: new Error("none today") }),
  );
});
