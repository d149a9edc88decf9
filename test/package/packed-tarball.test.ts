/**
 * What users get: the packed tarball, installed without install scripts into an empty folder. Both commands, import and require, the types
 * and an example work there, and no file of the development is in it.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cleanEnvironment, root, runTjl } from "../support/run-tjl.ts";

const run = promisify(execFile);
let folder = "";
let packed: string[] = [];

// npm is a program of the Node that runs the tests, or else the one on PATH.
const npmBeside = join(dirname(process.execPath), "../lib/node_modules/npm/bin/npm-cli.js");
const npm = (args: string[], cwd: string) => {
  const env: NodeJS.ProcessEnv = {
    ...cleanEnvironment(),
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
    NODE_EXTRA_CA_CERTS: process.env.TJL_TEST_CA_CERTS,
  };
  return existsSync(npmBeside)
    ? run(process.execPath, [npmBeside, ...args], { cwd, env })
    : run("npm", args, { cwd, env, shell: process.platform === "win32" });
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tjulia-user-"));
  if (!existsSync(join(root, "dist/types/index.d.ts")))
    await run(process.execPath, ["scripts/build.mjs"], { cwd: root });
  const { stdout } = await npm(["pack", "--ignore-scripts", "--json", "--pack-destination", folder], root);
  const [pack] = Object.values(JSON.parse(stdout)) as [{ filename: string; files: { path: string }[] }];
  packed = pack.files.map((file) => file.path);
  writeFileSync(join(folder, "package.json"), '{ "name": "user", "private": true }\n');
  await npm(["install", "--ignore-scripts", "--prefer-offline", "--no-audit", `./${pack.filename}`], folder);
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const installed = (file: string) => join(folder, "node_modules/tjulia", file);
const bin = (name: string) => join(folder, "node_modules/.bin", name);

test("only what runs is in the tarball", () => {
  const allowed = /^(bin\/|dist\/|machinefiles\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/;
  expect(packed.filter((path) => !allowed.test(path))).toEqual([]);
  expect(packed.filter((path) => /\.(map|tmp|stamp|log)$|(^|\/)\.|test|fixture/.test(path))).toEqual([]);
  expect(packed).toEqual(
    expect.arrayContaining(["bin/tjl.cjs", "dist/index.cjs", "dist/worker.cjs", "dist/types/index.d.ts"]),
  );
});

test("every file that package.json points to is there", () => {
  const { bin: commands, exports: entries } = JSON.parse(readFileSync(installed("package.json"), "utf8"));
  const targets = JSON.stringify([commands, entries]).match(/"(\.\/)?(bin|dist)\/[^"]+"/g) ?? [];
  expect(targets.length).toBeGreaterThan(8);
  expect(targets.map((text) => installed(JSON.parse(text))).filter((file) => !existsSync(file))).toEqual([]);
});

test.each(["tjl", "tjulia"])("the command %s runs code on workers", async (name) => {
  const result = await runTjl(["-p", "2", "-E", "await pmap((x) => x + myid() * 0, [1, 2])"], {
    program: bin(name),
    cwd: folder,
  });
  expect(result).toMatchObject({ status: 0, stdout: "[ 1, 2 ]\n", stderr: "" });
});

const program = `
const ids = await addprocs(2);
console.log(ids, await remotecallFetch(2, (a, b) => a + b, 20, 22));
await rmprocs(...ids);
`;

test("import works in a plain Node program", async () => {
  const file = join(folder, "app.mjs");
  writeFileSync(file, `import { addprocs, remotecallFetch, rmprocs } from "tjulia";\n${program}`);
  const result = await runTjl([], { program: file, cwd: folder });
  expect(result).toMatchObject({ status: 0, stdout: "[ 2, 3 ] 42\n", stderr: "" });
});

test("require works in a plain Node program, and gives the same instance as import", async () => {
  const file = join(folder, "app.cjs");
  writeFileSync(
    file,
    `const tjl = require("tjulia");
const { addprocs, remotecallFetch, rmprocs } = tjl;
(async () => {
  if ((await import("tjulia")).pmap !== tjl.pmap) throw new Error("two instances");
  ${program}
})();\n`,
  );
  const result = await runTjl([], { program: file, cwd: folder });
  expect(result).toMatchObject({ status: 0, stdout: "[ 2, 3 ] 42\n", stderr: "" });
});

test("TypeScript sees the types: import, require and globals", { timeout: 120_000 }, async () => {
  writeFileSync(
    join(folder, "consumer.mts"),
    `import { addprocs, pmap, remotecall, type RemoteRef } from "tjulia";
const ids: number[] = await addprocs(2);
const r: RemoteRef<number> = remotecall(ids[0]!, (a: number, b: number) => a + b, 1, 2);
const squares: number[] = await pmap((x: number) => x * x, [1, 2, 3]);
// @ts-expect-error the argument is a string
remotecall(2, (a: number) => a, "no");
console.log(r.where, squares);
`,
  );
  writeFileSync(
    join(folder, "consumer.cts"),
    `import tjl = require("tjulia");
const ids: Promise<number[]> = tjl.addprocs(2);
void ids;
`,
  );
  writeFileSync(
    join(folder, "driver.ts"),
    `const total: number = await parallel("+", range(10), (i) => i);
const r: RemoteRef<string> = spawnat(2, () => "here");
const text: string = await fetch(r);
const page: Response = await fetch("https://example.org");
console.log(total, text, page.status, nworkers());
export {};
`,
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2023",
        module: "nodenext",
        strict: true,
        noEmit: true,
        types: ["node", "tjulia/globals"],
        // Those of numpy-ts 1.4 lack the extensions that "nodenext" asks for.
        skipLibCheck: true,
      },
      files: ["consumer.mts", "consumer.cts", "driver.ts"],
    }),
  );
  writeFileSync(join(folder, "package.json"), '{ "name": "user", "private": true, "type": "module" }\n');
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "-p", folder], { cwd: folder }).catch((error) => error);
  expect(stdout).toBe("");
});

test("an example runs", async () => {
  cpSync(join(root, "examples/word-count"), join(folder, "word-count"), { recursive: true });
  const texts = ["sonnet-18.txt", "sonnet-116.txt"].map((name) => join(folder, "word-count/texts", name));
  const result = await runTjl(["-p", "2", "-L", "word-count/lib.ts", "word-count/driver.ts", ...texts], {
    program: bin("tjl"),
    cwd: folder,
  });
  expect(result.stderr).toBe("");
  expect(result.stdout).toMatch(/^2 files, 224 words, 148 different, counted by 2 workers\n {5}9 {2}and\n/);
});
