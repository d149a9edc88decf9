// A driver that asks for no workers: what a master needs is loaded when it uses a name of ours, and not before.
import { expect, test } from "vitest";
import { runDriver } from "../support/run-driver.ts";

/** Whether what a master needs is there, told without a name of ours. */
const loaded = `const loaded = () => (process as any).getBuiltinModule("node:module")._cache;
const isThere = () => Object.keys(loaded()).some((file) => file.endsWith("/launch.cjs"));\n`;

async function printed(source: string, files: Record<string, string> = {}): Promise<unknown> {
  const { stdout, stderr, status } = await runDriver(source, { workers: 0, files });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return JSON.parse(stdout);
}

test("names of ours are there at their first use, the web's fetch among them", async () => {
  const answer = await printed(`
    range = 5;
    Object.defineProperty(globalThis, "ones", { value: "mine", configurable: true });
    const first = [typeof myid, myid(), nprocs(), typeof remotecall_fetch, range, ones];
    const [w] = await addprocs(1);
    const calls = await Promise.all([remotecallFetch(w, () => myid()), fetch(spawnat(w, () => 7)), $tjulia.fetch(spawnat(w, () => 8))]);
    const page = await fetch("data:text/plain,web").then((answer) => answer.text());
    console.log(JSON.stringify([first, calls, page]));
    declare global { var range: unknown; var ones: unknown; }
  `);
  expect(answer).toEqual([["function", 1, 1, "function", 5, "mine"], [2, 7, 8], "web"]);
});

test("an import of tjulia anywhere is a use", async () => {
  const lib = 'import { myid } from "tjulia"; export const id = () => myid();';
  expect(
    await printed('import { id } from "./lib.ts"; console.log(JSON.stringify([id(), myid()]));', { "lib.ts": lib }),
  ).toEqual([1, 1]);
});

test.runIf("registerHooks" in process.getBuiltinModule("node:module"))(
  "a driver that uses nothing of ours does not load it",
  async () => {
    const source = `${loaded}const before = isThere(); myid(); console.log(JSON.stringify([before, isThere()]));`;
    expect(await printed(source)).toEqual([false, true]);
  },
);
