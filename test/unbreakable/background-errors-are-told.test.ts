/** Code that nobody waits for fails in a worker: it is told with the worker's name and the user's lines, and the worker lives on. */
import { expect, test } from "vitest";
import { runDriver } from "../support/run-driver.ts";

test.concurrent("an unhandled rejection and an exception in a timer", async () => {
  const { status, stdout, stderr } = await runDriver(`
import { remotecallFetch } from "tjulia";
await remotecallFetch(2, async () => {
  Promise.reject(new Error("nobody waits"));
  setTimeout(() => {
    throw new TypeError("in a timer");
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
});
console.log(await remotecallFetch(2, () => "alive"));
`);
  expect({ status, stdout }).toEqual({ status: 0, stdout: "alive\n" });
  expect(stderr).toMatch(/^From worker 2:\tunhandled rejection: Error: nobody waits\n.*driver\.ts:4:/m);
  expect(stderr).toMatch(/^From worker 2:\tuncaught exception: TypeError: in a timer\n.*driver\.ts:6:/m);
});

test.concurrent("a call says whether it may have run when its worker is gone", async () => {
  const { stdout } = await runDriver(`
import { ProcessExitedError, remotecallFetch } from "tjulia";
const maybeRan = (f: () => unknown) => remotecallFetch(2, f).catch((error: ProcessExitedError) => error.maybeRan);
console.log(await maybeRan(() => process.exit(1)), await maybeRan(() => 1));
`);
  expect(stdout).toBe("true false\n");
});

test.concurrent("workers that cannot reach this program, because it computes while they start, are called again", async () => {
  const { status, stdout, stderr } = await runDriver(
    `
import { addprocs, remotecallFetch } from "tjulia";
const starting = addprocs(2);
await new Promise((resolve) => setTimeout(resolve, 30));
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5500);
console.log(await starting, await remotecallFetch(3, () => "there"));
`,
    { workers: 0 },
  );
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "[ 2, 3 ] there\n", stderr: "" });
});
