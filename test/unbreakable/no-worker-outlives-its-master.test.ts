/** However the master ends, its workers end, busy or not, and its folder goes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningTjl, root, startTjl } from "../support/run-tjl.ts";
import { waitFor } from "../support/wait-for.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "master-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A plain program with two workers, one of them busy for ever. */
function start(ending: string): RunningTjl {
  const program = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  writeFileSync(
    program,
    `import * as tjl from "${root}/dist/index.js";
     await tjl.addprocs(2);
     await tjl.remotecallFetch(3, () => 1);
     tjl.remoteDo(2, () => { console.log("busy"); for (;;); });
     await new Promise((resolve) => setTimeout(resolve, 100));
     console.log("ready");
     ${ending}`,
  );
  return startTjl([], { program });
}

for (const signal of ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`after ${signal}`, async () => {
    const master = start("setInterval(() => {}, 1000);");
    await master.printed(/ready/);
    expect(master.others().length).toBeGreaterThanOrEqual(2);
    master.kill(signal);
    const { signal: by } = await master.done;
    expect(by).toBe(signal);
    await waitFor("everything has ended", () => master.others().length === 0);
  });
}

test("after process.exit, an uncaught error, and the natural end", async () => {
  const ends = [start("process.exit(4);"), start("throw new Error('oops');"), start("")];
  const [exit, thrown, natural] = await Promise.all(ends.map((master) => master.done));
  expect(exit?.status).toBe(4);
  expect(thrown?.status).toBe(1);
  expect(natural?.status).toBe(0);
  for (const master of ends) expect(master.stdout).toContain("From worker 2:\tbusy\n");
});

test("nothing is left of a master that is killed while its workers start, at whatever moment", async () => {
  const temporary = mkdtempSync(join(folder, "tmp-"));
  const env = { ...process.env, TMPDIR: temporary };
  const words = [join(root, "bin/tjl.cjs"), "-p", "4", "-e", "await new Promise(() => {})"];
  for (let ms = 25; ms < 125; ms += 8) {
    const master = spawn(process.execPath, words, { env, stdio: "ignore" });
    await new Promise((resolve) => setTimeout(resolve, ms));
    master.kill("SIGKILL");
    await once(master, "exit");
  }
  await waitFor("all folders to go", () => readdirSync(temporary).length === 0, { timeoutMs: 20_000 });
});
