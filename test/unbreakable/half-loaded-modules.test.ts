/** A module whose loading is interrupted is not left half loaded: later calls would wait for it for ever, or miss what it had not come to. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../support/wait-for.ts";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let a: number;
const dir = mkdtempSync("/tmp/tjl-half-");

beforeAll(async () => {
  tjl = await library();
  [a] = (await tjl.addprocs(1)) as [number];
});
afterAll(async () => {
  await tjl.rmprocs(...tjl.workers().filter((pid) => pid !== 1));
  rmSync(dir, { recursive: true });
});

/** A module that says when it is half loaded and goes on when it is let. */
function slowModule(name: string, exportOf: (name: string) => string) {
  const file = join(dir, name);
  const fs = "process.getBuiltinModule('node:fs')";
  const text = `
    ${exportOf("first")} = 1;
    ${fs}.writeFileSync(${JSON.stringify(`${file}.half`)}, "");
    while (!${fs}.existsSync(${JSON.stringify(`${file}.on`)}));
    ${exportOf("last")} = 2;`;
  writeFileSync(file, text);
  return {
    file,
    isHalfLoaded: () => waitFor("the module is half loaded", () => existsSync(`${file}.half`)),
    goOn: () => writeFileSync(`${file}.on`, ""),
  };
}

const loader = join(dir, "loader.cjs");
writeFileSync(
  loader,
  `exports.required = (file) => JSON.stringify(require(file));
   exports.requiredLater = async (file) => { await 1; return JSON.stringify(require(file)); };
   exports.imported = async (file) => JSON.stringify(await import(file));`,
);
/** Calls one of the loader's functions on the worker. As text, so that nothing of the test runner is around it. */
const load = new Function(
  "return (loader, how, file) => process.getBuiltinModule('node:module').createRequire(loader)(loader)[how](file)",
)();
const whole = JSON.stringify({ first: 1, last: 2 });

test.each([
  ["in the synchronous part of a call", "sync.cjs", "required"],
  ["after an await", "later.cjs", "requiredLater"],
])("CommonJS, %s: it is stopped, and loaded anew the next time", async (_where, name, how) => {
  const slow = slowModule(name, (of) => `exports.${of}`);
  const loading = tjl.remotecallFetch(a, load, loader, how, slow.file).catch((error) => error);
  await slow.isHalfLoaded();
  await tjl.interrupt(a);
  expect(await loading).toMatchObject({ name: "InterruptError", pid: a });
  slow.goOn();
  expect(await tjl.remotecallFetch(a, load, loader, how, slow.file)).toBe(whole);
});

test("an ES module comes to its end before the call is stopped", async () => {
  const slow = slowModule("slow.mjs", (of) => `export const ${of}`);
  const loading = tjl.remotecallFetch(a, load, loader, "imported", slow.file).catch((error) => error.name);
  await slow.isHalfLoaded();
  const stopped = tjl.interrupt(a);
  // More than it takes until code in no guard is cut off.
  await new Promise((resolve) => setTimeout(resolve, 300));
  slow.goOn();
  await stopped;
  expect(["InterruptError", whole]).toContain(await loading);
  expect(await tjl.remotecallFetch(a, load, loader, "imported", slow.file)).toBe(whole);
});

test("an ES module that does not come to its end takes the worker with it, and who waits is told why", async () => {
  const stuck = slowModule("stuck.mjs", (of) => `export const ${of}`);
  const loading = tjl.remotecallFetch(a, load, loader, "imported", stuck.file).catch((error) => error as Error);
  await stuck.isHalfLoaded();
  await tjl.interrupt(a);
  expect(await loading).toMatchObject({ name: "ProcessExitedError", pid: a });
  expect(((await loading) as Error).message).toContain("was loading an ES module, which cannot be stopped halfway");
});
