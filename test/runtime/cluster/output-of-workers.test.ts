/** What workers write: whole lines, under their names, stdout and stderr apart, to the last word. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, runTjl } from "../../support/run-tjl.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "output-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(body: string) {
  const program = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(program, `import * as tjl from "${root}/dist/index.js";\nawait tjl.addprocs(2);\n${body}`);
  return runTjl([], { program });
}

test("lines of several workers are never mixed, and none is lost", async () => {
  const { stdout, stderr } = await run(`
    await tjl.everywhere(() => {
      for (let i = 0; i < 2000; i++) {
        process.stdout.write("line ");
        process.stdout.write(String(i).padEnd(40, "x") + "\\n");
        if (i % 10 === 0) process.stderr.write("err " + i + "\\n");
      }
    }, { procs: [2, 3] });`);
  for (const pid of [2, 3]) {
    const lines = stdout.split("\n").filter((line) => line.startsWith(`From worker ${pid}:\t`));
    expect(lines).toEqual(
      Array.from({ length: 2000 }, (_, i) => `From worker ${pid}:\tline ${String(i).padEnd(40, "x")}`),
    );
    expect(stderr.split("\n").filter((line) => line.startsWith(`From worker ${pid}:\terr`)).length).toBe(200);
  }
  expect(stdout.split("\n").length).toBe(4001);
});

test("a last line without an end is shown, also when the program exits at once", async () => {
  const { stdout, status } = await run(`
    await tjl.remotecallFetch(2, () => { process.stdout.write("no end"); });
    process.exit(5);`);
  expect(status).toBe(5);
  expect(stdout).toBe("From worker 2:\tno end\n");
});
