/** Nobody reads the output any more, or the disk is full: what can go on goes on, the rest ends in order, and no worker is left. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/needs.ts";
import { runDriver } from "../support/run-driver.ts";
import { root, startTjl } from "../support/run-tjl.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "output-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const logging = `
for (let i = 0; ; i++) await remotecallFetch(2, (i) => { console.log("line " + i); }, i);
`;

test.concurrent("tjl whose stdout is closed ends like any program of a pipe, with its workers", async () => {
  const driver = written("driver.mjs", `import { remotecallFetch } from "tjulia";${logging}`);
  const tjl = startTjl(["-p", "2", driver]);
  await tjl.printed(/line 3\n/);
  tjl.child.stdout?.destroy();
  expect(await tjl.done).toMatchObject({ status: 141, stderr: "" });
});

test.concurrent("a program of one's own goes on when its stdout is closed, and so do workers that write", async () => {
  const program = written(
    "program.mjs",
    `import { addprocs, remotecallFetch, workers } from "${root}/dist/index.js";
     await addprocs(2);
     await remotecallFetch(2, () => console.log("first"));
     process.stdin.once("data", async () => {
       for (let i = 0; i < 5; i++) await remotecallFetch(2, () => console.log("x".repeat(300_000)));
       console.error("still", await remotecallFetch(3, () => "there"), workers());
       process.exit(0);
     });`,
  );
  const running = startTjl([], { program });
  await running.printed(/first\n/);
  running.child.stdout?.destroy();
  running.write("go\n");
  expect(await running.done).toMatchObject({ status: 0, stderr: "still there [ 2, 3 ]\n" });
});

describeWith("a full disk", { root: true, programs: ["mount", "umount"], trial: mountTrial }, () => {
  const driver = `
import { mkdtempSync } from "node:fs";
import { addprocs, interrupt, pmap, remotecallFetch } from "tjulia";
const more = await addprocs(1);
const logged = await remotecallFetch(2, () => { for (let i = 0; i < 500; i++) console.log("line", i); return "logged"; });
const own = await remotecallFetch(3, (folder) => process.getBuiltinModule("fs").writeFileSync(folder + "/own", "x".repeat(100_000)), process.env.FULL).catch((e) => e.cause.code);
const endless = remotecallFetch(4, () => { for (;;); }).catch((error) => error.name);
await remotecallFetch(3, () => new Promise((resolve) => setTimeout(resolve, 100)));
await interrupt(4);
console.log(JSON.stringify({ more, logged, own, endless: await endless, lives: await remotecallFetch(4, () => "lives"), squares: await pmap((x: number) => x * x, [1, 2, 3]) }));
`;
  for (const variable of ["TMPDIR", "XDG_CACHE_HOME", "HOME"]) {
    test.concurrent(`as ${variable} hinders neither the start of workers, nor what they log, nor calls`, async () => {
      const full = mkdtempSync(join(tmpdir(), "full-"));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "none", full]);
      try {
        expect(() => writeFileSync(join(full, "fill"), Buffer.alloc(2 ** 20))).toThrow("ENOSPC");
        const env = { [variable]: full, FULL: full };
        const { status, stdout, stderr } = await runDriver(driver, { env, leftoversMs: "skip" });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) as string)).toEqual({
          more: [4],
          logged: "logged",
          own: "ENOSPC",
          endless: "InterruptError",
          lives: "lives",
          squares: [1, 4, 9],
        });
        expect(stdout).toContain("From worker 2:\tline 499\n");
        expect(readdirSync(full).filter((name) => name.startsWith("tjl-"))).toEqual([]);
      } finally {
        execFileSync("umount", [full]);
        rmSync(full, { recursive: true });
      }
    });
  }

  test.concurrent("without room even for the folder of the sockets is told in words", async () => {
    const full = mkdtempSync(join(tmpdir(), "full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k,nr_inodes=2", "none", full]);
    try {
      writeFileSync(join(full, "fill"), "x");
      const { status, stderr } = await runDriver("console.log(1)", { env: { TMPDIR: full }, leftoversMs: "skip" });
      expect(status).toBe(3);
      expect(stderr).toMatch(/ENOSPC: no space left on device/);
      expect(stderr).not.toMatch(/^\s+at /m);
    } finally {
      execFileSync("umount", [full]);
      rmSync(full, { recursive: true });
    }
  });
});

function mountTrial(): string | undefined {
  const there = mkdtempSync(join(tmpdir(), "trial-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", there], { stdio: "pipe" });
    execFileSync("umount", [there]);
    return undefined;
  } catch (error) {
    return `no mount: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`;
  } finally {
    rmSync(there, { recursive: true });
  }
}
