/**
 * What somebody does in the first ten minutes with the program, step by step, on a terminal: it works or says what to do, without the
 * manual.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runTjl } from "../../support/run-tjl.ts";
import { Terminal, withPrompt } from "./terminal.ts";

let folder: string;
let session: Terminal;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tjl-first-"));
  writeFileSync(join(folder, "lib.ts"), "export const slow = async (x: number): Promise<number> => x * x;\n");
  writeFileSync(
    join(folder, "driver.ts"),
    'import { pmap, range } from "tjulia";\nconsole.log(await pmap(slow, range(4)), process.argv.slice(2));\nprocess.exit(7);\n',
  );
  session = new Terminal({ args: ["-p", "4", "-L", "lib.ts"], cwd: folder, columns: 100, rows: 40 });
});
afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

test("0: the README opens with what it is, and a session", () => {
  const readme = readFileSync("README.md", "utf8");
  const screen = readme.split("\n").slice(0, 36).join("\n");
  expect(screen).toMatch(/^# tjulia\n\n\w[\s\S]*```text\n\$ tjl[\s\S]*npm i -g tjulia/);
});

test("1: the installed command tells its version", async () => {
  expect((await runTjl(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+/);
});

test("2: tjl -p 4 greets in three lines and is ready while the workers join", async () => {
  await session.until("the first prompt", () => session.isAtPrompt(), 15_000);
  expect(session.text).toMatch(/^tjulia \d.*\n4 workers joining\n\? help {3}; shell {3}.*\ntjl>$/);
});

test("3: it computes, here and everywhere, and the prompt stays whole", async () => {
  expect(await session.run("1 + 1")).toBe("2");
  await session.run("@everywhere console.log(myid())");
  for (const pid of [2, 3, 4, 5]) await session.see(new RegExp(`From worker ${pid}: +${pid}\n`));
  await session.until("a whole prompt", () => session.isAtPrompt());
});

test("4: a function with a variable of the prompt runs on the workers; a bar appears by itself", async () => {
  await session.run("const offset = 100");
  await session.run("work = async (x) => { await new Promise((r) => setTimeout(r, 700)); return x * x + offset }");
  session.enter("(await pmap(work, range(16))).join()");
  await session.see(/pmap +\S+ +\d+ %/);
  await session.see(/'100,101,104,[\d,]+,325'\ntjl>$/);
  expect(session.text).not.toMatch(/pmap +\S+ +\d+ %/);
});

test("5: a mistake is told with worker, element, line and column, without inner frames", async () => {
  const error = await session.run("pmap((row: any) => row.score.length, [{ score: '' }, undefined])");
  expect(error).toMatch(/^RemoteError: on worker \d, element 1: TypeError: Cannot read properties of undefined/);
  expect(error).toMatch(/at prompt:\d+:24\n\n +\d+ \| pmap\(.*\n +\| {24}\^$/);
});

test("6: Ctrl-C stops a long run and keeps the workers", async () => {
  session.enter("pmap(() => { console.log('on'); for (;;); }, range(100))");
  await session.see(/From worker \d: +on/);
  session.type("\u0003");
  await session.see(/Interrupted\n(From worker.*\n)*tjl>$/);
  expect(await session.run("workers()")).toContain("[ 2, 3, 4, 5 ]");
});

test("7: ? and Tab help, also with names that live on a worker", async () => {
  expect(await session.run("?")).toMatch(/\?name explains a name[\s\S]*Maps and loops +pmap/);
  await session.run("@everywhere [3] onlyThere = 5");
  session.type("@fetchfrom 3 onlyT\t + 1\r");
  await session.see(/@fetchfrom 3 onlyThere \+ 1\n6\n/);
  await session.until("the next prompt", () => session.isAtPrompt());
});

test("8: a file runs in the same way, with its own words and status", async () => {
  const { stdout, status } = await runTjl(["-p", "4", "-L", "lib.ts", "driver.ts", "-p", "9"], { cwd: folder });
  expect(stdout).toBe("[ 0, 1, 4, 9 ] [ '-p', '9' ]\n");
  expect(status).toBe(7);
  expect(await session.run("pmap(slow, range(4))")).toBe("[ 0, 1, 4, 9 ]");
});

test("9: a machine that cannot be reached is named with the step that failed, and the rest goes on", async () => {
  writeFileSync(join(folder, "lab.txt"), "nobody@host.invalid\n");
  await withPrompt({ args: ["-q", "-p", "1", "--machinefile", "lab.txt"], cwd: folder }, async (terminal) => {
    await terminal.see(/could not start 1 of \d worker[\s\S]*host\.invalid +\w+/, 30_000);
    expect(await terminal.run("@fetchfrom 2 myid()")).toBe("2");
  });
});

test("10: status() shows what goes on", async () => {
  await session.run("remotecall(2, function brooding() { return new Promise(() => {}) });");
  expect(await session.run("status()")).toMatch(/\n +1 .*this prompt\n +2 .*busy .*brooding \(prompt:\d+\), \d/);
});
