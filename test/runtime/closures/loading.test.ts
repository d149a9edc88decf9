import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type RunOptions, root, runTjl } from "../../support/run-tjl.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Makes the files in a folder of their own, runs the first one, and gives what it printed. */
async function run(files: Record<string, string>, args: string[] = [], options: RunOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "load-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const first = Object.keys(files)[0] as string;
  const result = await runTjl([...args, first], { cwd: folder, ...options });
  return { ...result, folder, text: result.stdout.trim() };
}

test("TypeScript is found the way TypeScript users write it", async () => {
  const { text, stderr } = await run({
    "driver.ts": `import { a } from "./lib"; import { b } from "./other.js"; import { c } from "./folder"; import { d } from "./mod.mjs";
      import data from "./data.json"; import typed from "./data.json" with { type: "json" };
      console.log(a, b, c, d, data.e, typed.e);`,
    "lib.ts": "export const a: number = 1;",
    "other.ts": "export const b: number = 2;",
    "folder/index.ts": "export const c: number = 3;",
    "mod.mts": "export const d: number = 4;",
    "data.json": '{ "e": 5 }',
  });
  expect(stderr).toBe("");
  expect(text).toBe("1 2 3 4 5 5");
});

test("paths of tsconfig.json are tried when nothing else is found", async () => {
  const { text, stderr } = await run({
    "src/driver.ts": 'import { a } from "@lib/one"; import { b } from "two"; console.log(a, b);',
    "tsconfig.json": `{ "compilerOptions": { "baseUrl": ".", /* a comment */ "paths": { "@lib/*": ["./lib/*"], "two": ["./lib/two.ts"], } } }`,
    "lib/one.ts": "export const a = 1;",
    "lib/two.ts": "export const b = 2;",
  });
  expect(stderr).toBe("");
  expect(text).toBe("1 2");
});

test("a .ts file is an ES module, unless its package and its code say otherwise", async () => {
  const printsKind = "console.log(typeof require);";
  expect((await run({ "a.ts": printsKind })).text).toBe("undefined");
  expect(
    (await run({ "a.ts": "export {}; console.log(typeof require)", "package.json": '{"type":"commonjs"}' })).text,
  ).toBe("undefined");
  expect((await run({ "a.ts": printsKind, "package.json": '{"type":"commonjs"}' })).text).toBe("function");
  expect(
    (await run({ "a.ts": 'const { sep } = require("node:path"); console.log(sep)', "package.json": "{}" })).text,
  ).toBe("/");
  expect((await run({ "a.cts": 'import { sep } from "node:path"; console.log(sep, typeof require)' })).text).toBe(
    "/ function",
  );
  expect((await run({ "a.mts": "console.log(await 1)", "package.json": '{"type":"commonjs"}' })).text).toBe("1");
});

test("CommonJS TypeScript requires and is imported", async () => {
  const { text, stderr } = await run({
    "driver.cts": `import lib = require("./lib.cts"); const two: number = require("./two").two; const { three } = require("./three.cjs");
      console.log(lib.one, two, three, require("tjulia").myid());`,
    "lib.cts": "export const one: number = 1;",
    "two.ts": 'const kind: string = "2"; module.exports = { two: kind };',
    "three.cjs": 'exports.three = 3; require("./four.cts");',
    "four.cts": "namespace N { export const x = 4 } console.log(N.x);",
    "package.json": "{}",
  });
  expect(stderr).toBe("");
  expect(text).toBe("4\n1 2 3 1");
});

test("an import takes the names of CommonJS TypeScript", async () => {
  const { text, stderr } = await run({
    "driver.ts": `import { one, Two } from "./lib.cts"; import all, { three, four } from "./own.cts"; import { five } from "./five.cjs";
      console.log(one, new Two().two, three, four(), all.six, five);`,
    "lib.cts": "export const one: number = 1; export class Two { two: number = 2 } export default 0;",
    "own.cts":
      "const three: number = 3; module.exports = { three, four }; function four() { return 4 } module.exports.six = 6;",
    "five.cjs": "exports.five = 5;",
  });
  expect(stderr).toBe("");
  expect(text).toBe("1 2 3 4 6 5");
});

test("the driver is the main module", async () => {
  const asks = "console.log(require.main === module, module.id); require('./lib.cjs');";
  const lib = "console.log(require.main === module);";
  expect((await run({ "driver.cts": asks, "lib.cjs": lib })).text).toBe("true .\nfalse");
  expect((await run({ "driver.mts": "console.log((import.meta as { main?: boolean }).main);" })).text).toBe("true");
});

test("tjulia is this very copy, from any folder and from packages", async () => {
  const { text, stderr } = await run(
    {
      "driver.ts": `import * as a from "tjulia"; import * as b from "dep"; import { createRequire } from "node:module"; import "tjulia/globals";
        const c = createRequire(import.meta.url)("tjulia");
        console.log(a.RemoteRef === b.tjulia.RemoteRef, a.pmap === c.pmap, a.RemoteRef === globalThis.RemoteRef, await a.remotecallFetch(2, () => a.myid() + b.two));`,
      "node_modules/dep/package.json": '{ "name": "dep", "type": "module", "exports": "./index.js" }',
      "node_modules/dep/index.js": 'export * as tjulia from "tjulia"; export const two = 2;',
      "node_modules/tjulia/package.json": '{ "name": "tjulia", "main": "index.js" }',
      "node_modules/tjulia/index.js": 'throw new Error("another copy");',
    },
    ["-p", "1"],
  );
  expect(stderr).toBe("");
  expect(text).toBe("true true true 4");
});

test("drivers in CommonJS send their closures too", async () => {
  const { text, stderr } = await run(
    {
      "driver.cts": `import { remotecallFetch } from "tjulia";
        const lib = require("./lib.cjs"); const k: number = 3;
        class A { v = 1; go() { return remotecallFetch(2, () => this.v + k); } }
        (async () => console.log(await remotecallFetch(2, () => [lib.twice(k), typeof require("./lib.cjs").twice]), await new A().go()))();`,
      "lib.cjs": "exports.twice = (x) => 2 * x;",
    },
    ["-p", "1"],
  );
  expect(stderr).toBe("");
  expect(text).toBe("[ 6, 'function' ] 4");
});

test("hashbang, top-level await, circular imports", async () => {
  const { text, stderr } = await run({
    "driver.ts": `#!/usr/bin/env tjl
      import { a } from "./a.ts"; export const d: number = 1; console.log(await Promise.resolve(a()));`,
    "a.ts": 'import { d } from "./driver.ts"; export const a = () => d + 1;',
  });
  expect(stderr).toBe("");
  expect(text).toBe("2");
});

test("a file that does not parse is shown with file, line, column and the line", async () => {
  const { status, stderr } = await run({
    "driver.ts": 'import "./bad.ts";',
    "bad.ts": "const ok = 1;\nlet a: number = ;\n",
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/bad\.ts:2:17/);
  expect(stderr).toContain("let a: number = ;");
  expect(stderr).toMatch(/\n\s*\|?\s+\^/);
});

test("a JavaScript file that does not parse is shown the same way", async () => {
  const { status, stderr } = await run({ "driver.mjs": "const ok = 1;\nlet a = ;\n" });
  expect(status).toBe(1);
  expect(stderr).toMatch(/driver\.mjs:2:9: Unexpected token ';'/);
  expect(stderr).toContain("let a = ;");
});

test("an import of what a module does not export is shown where it stands", async () => {
  const driver = 'import fs from "node:fs";\nimport { a,\n  nope } from "./lib.mjs";\nconsole.log(fs, a, nope);\n';
  const { status, stderr } = await run({ "driver.mjs": driver, "lib.mjs": "export const a = 1;" });
  expect(status).toBe(1);
  expect(stderr).toMatch(/driver\.mjs:3:3: .*does not provide an export named 'nope'/);
  expect(stderr).toContain("  nope } from");
});

test("a program with --import tjulia/register has TypeScript and closures", async () => {
  const files = {
    "app.ts": `import { addprocs, remotecallFetch, rmprocs } from "tjulia"; import { k } from "./lib";
      class A { v: number = 1; go() { return remotecallFetch(2, () => this.v + k); } }
      await addprocs(1);
      console.log(await new A().go());
      await remotecallFetch(2, () => {
        throw new Error("there");
      }).catch((error: Error) => console.log(/app\\.ts:\\d+:\\d+/.exec(error.stack as string)?.[0]));
      console.log(/app\\.ts:\\d+:\\d+/.exec(new Error("here").stack as string)?.[0]);
      await rmprocs(2);`,
    "lib.ts": "export const k: number = 2;",
  };
  const { text, stderr } = await run(files, [], {
    program: "app.ts",
    nodeFlags: ["--import", `${root}/dist/register.cjs`],
  });
  expect(stderr).toBe("");
  expect(text).toBe("3\napp.ts:6:15\napp.ts:8:42");
});
