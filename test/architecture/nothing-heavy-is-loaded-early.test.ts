/** Importing the library, starting workers and calling plain functions loads none of the heavy parts. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, runTjl } from "../support/run-tjl.ts";
import { openScratch } from "../support/scratch.ts";

const heavyPackages = ["numpy-ts", "koffi", "oxc-transform", "@swc/core", "ssh2", "execa"];
const heavyBuiltins = ["repl", "inspector", "http", "https", "tls"];

/** What a process has loaded, told by itself. */
const tellLoaded = `
const loaded = () => ({
  files: Object.keys(require("node:module")._cache).map((file) => file.replaceAll("\\\\", "/")),
  builtins: process.moduleLoadList.filter((name) => name.startsWith("NativeModule ")).map((name) => name.slice(13)),
});`;

async function loadedBy(code: string): Promise<{ files: string[]; builtins: string[] }> {
  const scratch = openScratch();
  try {
    const file = join(scratch.folder, "probe.cjs");
    writeFileSync(file, `${tellLoaded}\n(async () => { ${code} })();`);
    const result = await runTjl([], { program: file, cwd: scratch.folder });
    expect(result.stderr).toBe("");
    return JSON.parse(result.stdout);
  } finally {
    scratch.remove();
  }
}

const packagesIn = (files: string[]) =>
  heavyPackages.filter((name) => files.some((file) => file.includes(`/${name}/`)));

test("importing the library loads nothing heavy, and few files", async () => {
  const before = await loadedBy("console.log(JSON.stringify(loaded()));");
  const after = await loadedBy(
    `require(${JSON.stringify(`${root}/dist/index.cjs`)}); console.log(JSON.stringify(loaded()));`,
  );
  expect(packagesIn(after.files)).toEqual([]);
  const added = after.builtins.filter((name) => !before.builtins.includes(name));
  expect(added.filter((name) => heavyBuiltins.includes(name))).toEqual([]);
  expect(after.files.length - before.files.length).toBeLessThan(30);
});

test("a worker that runs a plain function has loaded nothing heavy, nor what it has no use for", async () => {
  const { files, builtins } = await loadedBy(`
    const { addprocs, remotecallFetch, rmprocs } = require(${JSON.stringify(`${root}/dist/index.cjs`)});
    const [pid] = await addprocs(1);
    const there = await remotecallFetch(pid, () => ({
      files: Object.keys(process.getBuiltinModule("node:module")._cache),
      builtins: process.moduleLoadList.filter((name) => name.startsWith("NativeModule ")).map((name) => name.slice(13)),
    }));
    await rmprocs(pid);
    console.log(JSON.stringify(there));`);
  expect(packagesIn(files)).toEqual([]);
  expect([...heavyBuiltins, "crypto"].filter((name) => builtins.includes(name))).toEqual([]);
});

test("what every call runs is in one chunk: names of another would be read through getters, which costs a fifth of it", () => {
  const runtime = readFileSync(`${root}/dist/chunks/runtime.cjs`, "latin1");
  const missing = ["nextId", "encodeValue", "receive"].filter((name) => !runtime.includes(`function ${name}(`));
  expect(missing).toEqual([]);
});
