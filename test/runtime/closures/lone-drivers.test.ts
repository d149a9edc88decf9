// Drivers that load nothing but Node and tjulia: on Node 20 they are imported without the loader thread, and must not show it.
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { isAlone } from "../../../src/runtime/closures/alone.ts";
import { ScopeReader } from "../../../src/runtime/closures/reader/reader.ts";
import { runDriver } from "../../support/run-driver.ts";

test.each([
  [
    'import { cpus } from "node:os"; import fs from "fs"; import { pmap } from "tjulia"; export { pmap as p } from "tjulia"',
    true,
  ],
  ["console.log(import.meta.url, import.meta . dirname, import.meta.main)", true],
  ["class C { require() {} } new C().require(); const o = { eval: 1, import: 2 }; o.import; // import('x')", true],
  ["const require = 1, text = `import './lib.ts' ${require}`", true],
  ['import "./lib.js"', false],
  ['export * from "lib"', false],
  ['export * as lib from "lib"', false],
  ['export { a } from "./lib.ts"', false],
  ['import data from "./x.json" with { type: "json" }', false],
  ['import { createRequire } from "node:module"', false],
  ['const lib = await import("node:fs")', false],
  ["const url = import.meta.resolve('./x.ts')", false],
  ["const meta = import.meta", false],
  ["new Function('return 1')", false],
  ["const n = eval('1')", false],
  ["typeof require", false],
  ['process.getBuiltinModule("module")', false],
])("%s", (code, expected) => {
  const reader = new ScopeReader(code);
  reader.program();
  expect(isAlone(code, reader, (specifier) => (specifier === "tjulia" ? "file:///own.js" : undefined))).toBe(expected);
});

test("a lone driver sees itself as a file, and so do its stacks", async () => {
  const { stdout, stderr, status, folder } = await runDriver(
    `#!/usr/bin/env tjl
import { remotecallFetch as call, include as load } from "tjulia"; import { sep } from "node:path"; const fail = () => { throw new Error("there"); };
enum Size { Small = 3 }
const shown: unknown[] = [import.meta.url, import.meta.filename, import.meta.dirname, import.meta.main, sep];
shown.push(await call(2, () => import.meta.url.length + Size.Small));
const lib = (await load("./lib.ts")) as { doubled(n: number): Promise<number> };
shown.push(await lib.doubled(4));
console.log(JSON.stringify(shown));
await call(2, fail).catch((error: Error) => console.log(error.stack));
throw new TypeError("here");
`,
    {
      workers: 1,
      files: {
        "lib.ts":
          'import { remotecallFetch } from "tjulia"; export const doubled = (n: number) => remotecallFetch(2, () => n * 2);',
      },
    },
  );
  const file = join(folder, "driver.ts");
  const url = pathToFileURL(file).href;
  const [first, ...rest] = stdout.trim().split("\n");
  expect(JSON.parse(first as string)).toEqual([url, fileURLToPath(url), folder, true, "/", url.length + 3, 8]);
  expect(rest.join("\n")).toBe(`RemoteError: on worker 2: Error: there\n    at fail (${file}:2:128)`);
  expect(stderr).toContain("TypeError: here\n    at driver.ts:10:7");
  expect(status).toBe(1);
});

test("what does not compile or link is told as ever", async () => {
  const unknown = await runDriver('import { nothing } from "tjulia";\nconsole.log(nothing);', { workers: 0 });
  expect(unknown.stderr).toContain("does not provide an export named 'nothing'");
  expect(unknown.stderr).toContain("driver.ts:1:10");
  const broken = await runDriver("const a = 1;\nconst b = ;", { workers: 0 });
  expect(broken.stderr).toContain("driver.ts:2:11");
  expect([unknown.status, broken.status]).toEqual([1, 1]);
});
