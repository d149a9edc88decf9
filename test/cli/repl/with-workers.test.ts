/** A session with workers on a real terminal: the seed session line by line, every macro, output, deaths, tables. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Terminal, withPrompt } from "./terminal.ts";

/** The session that most tests share; it ends with the file. */
let shared: Promise<Terminal>;
beforeAll(() => {
  shared = open();
});
afterAll(async () => {
  await (await shared).close();
});

async function open(): Promise<Terminal> {
  const terminal = new Terminal({ args: ["-q", "-p", "2"] });
  await terminal.until("the first prompt", () => terminal.isAtPrompt(), 15_000);
  return terminal;
}

test("the seed session, line by line", async () => {
  await withPrompt({ args: ["-p", "2"] }, async (terminal) => {
    expect(terminal.lines()[0]).toMatch(/^tjulia \d+\.\d+\.\d+/);
    expect(await terminal.run("r = remotecall(2, rand, 2, 2)")).toMatch(/^RemoteRef\(2,1,\d+\)$/);
    expect(await terminal.run("fetch(r)")).toMatch(/^2×2 float64 array:\n 0\.\d+ +0\.\d+\n 0\.\d+ +0\.\d+$/);
    expect(await terminal.run("s = @spawnat 2 np.add(1, await fetch(r))")).toMatch(/^RemoteRef\(2,1,\d+\)$/);
    expect(await terminal.run("fetch(s)")).toMatch(/^2×2 float64 array:\n 1\.\d+ +1\.\d+\n 1\.\d+ +1\.\d+$/);
    expect(await terminal.run("remotecall_fetch(2, getindex, r, 0, 0)")).toMatch(/^0\.\d+$/);
    expect(await terminal.run("(await remotecall_fetch(2, getindex, r, 0, 0)) === (await fetch(r)).get([0, 0])")).toBe(
      "true",
    );
    expect(await terminal.run("@everywhere id = myid()")).toBe("");
    expect(await terminal.run("remotecall_fetch(2, () => id)")).toBe("2");
    expect(await terminal.run("id")).toBe("1");
    const heads = await terminal.run("@parallel (+) for (let i = 0; i < 2e6; i++) Math.random() < 0.5 ? 1 : 0");
    expect(Math.abs(Number(heads) - 1e6)).toBeLessThan(10_000);
  });
});

test.each<[string, string | RegExp]>([
  ["@everywhere const twice = (x: number) => 2 * x", ""],
  ["@fetchfrom 3 twice(21)", "42"],
  ["@everywhere [2] only = 5", ""],
  ["@fetchfrom 2 only", "5"],
  ["@everywhere { class Pair { constructor(public a: number, public b: number) {} } }", ""],
  ["@fetchfrom 2 new Pair(1, 2).b", "2"],
  ['@everywhere import { join } from "node:path"', ""],
  ['@fetchfrom 2 join("a", "b")', "'a/b'"],
  ["@everywhere function cube(x: number) { return x ** 3 }", ""],
  ["@fetchfrom 2 cube(3)", "27"],
  ["fetch(@spawnat 2 myid() * 10)", "20"],
  ["const both = [@spawn myid(), @spawn myid()]; (await Promise.all(both.map(r => r.fetch()))).sort()", "[ 2, 3 ]"],
  ["[2, 3].includes(await @fetch myid())", "true"],
  ["@fetchfrom 3 (await @fetchfrom 2 myid()) + 1", "3"],
  ["const t = @async 6 * 7; await t", "42"],
  ["open = new Channel(1)", /Channel/],
  ["t1 = @async open.take()", "Task (running)"],
  ["open.put('through');", ""],
  ["await t1", "'through'"],
  ["@sync { globalThis.done = 0; @async globalThis.done++; @async globalThis.done++ }; globalThis.done", "2"],
  ["@parallel (+) for (const i of range(101)) i", "5050"],
  ["@parallel (*) for (const i of range(1, 6)) i", "120"],
  ["@parallel (max) for (let i = 0; i < 10; i++) i", "9"],
  ["@parallel (min) for (const i of range(3, 9)) i", "3"],
  ["@parallel (vcat) for (const i of range(4)) [i * i]", "[ 0, 1, 4, 9 ]"],
  ["@parallel (&&) for (const i of range(4)) i < 4", "true"],
  ["@parallel (||) for (const i of range(4)) i > 4", "false"],
  ["@parallel ((a: number, b: number) => a - b) for (const i of [1, 2, 3]) i", /^-?\d+$/],
  ["(@parallel for (const i of range(4)) i).length", "2"],
  ["@time 1 + 1", /^\d\.\d{6} seconds\n2$/],
  ["const k = 5", "5"],
  ["@fetchfrom 2 k + 1", "6"],
  ["enum Size { S, M }", ""],
  ["@fetchfrom 2 Size.M", "1"],
  ["class Box { v = 7; far() { return fetchfrom(2, () => this.v) } }", ""],
  ["new Box().far()", "7"],
  ["import { basename as last } from 'node:path'", ""],
  ["@fetchfrom 2 last('/a/b')", "'b'"],
  ["@fetchfrom 2 fs.existsSync('/')", "true"],
  ["const fs = { existsSync: () => 'mine' }", /existsSync/],
  ["@fetchfrom 2 fs.existsSync('/')", "'mine'"],
  ["pmap(x => x * k, [1, 2, 3])", "[ 5, 10, 15 ]"],
  ["`@spawnat 2 ${k}` + '@everywhere' /* @spawn */", "'@spawnat 2 5@everywhere'"],
  ["const total = @parallel (+) for (const i of range(5)) i", "10"],
  ["total + 1", "11"],
  ["mapped = pmap(x => x, [1, 2])", "[ 1, 2 ]"],
  ["mapped.length", "2"],
  ["[Promise.resolve(1)]", "[ Promise { 1 } ]"],
  ["d = drand([60, 60])", /^60×60 float64 DArray \(1×2 pieces on processes 2, 3\):\n 0\.\d+ .*\n[\s\S]*\n ⋮ .*⋱/],
  ["d.dims", "[ 60, 60 ]"],
  ["dzeros([3])", "3-element float64 DArray (2 pieces on processes 2, 3):\n 0.0  0.0  0.0"],
  ["S = sharedArray('int32', [2, 2])", "2×2 int32 SharedArray on processes 2, 3:\n 0  0\n 0  0"],
  ["new WorkerPool([2, 3])", "WorkerPool of 2, 2 free"],
  ["pmap", "[Function: pmap]"],
])("%s", async (entry, shown) => {
  // One session for all: each entry may use what those before it made.
  const terminal = await shared;
  const text = await terminal.run(entry);
  if (typeof shown === "string") expect(text).toBe(shown);
  else expect(text).toMatch(shown);
});

test("a remote error has its place in the entry; a wrong macro says what it wants", async () => {
  const terminal = await shared;
  const error = await terminal.run("@fetchfrom 2 nowhere(1)");
  expect(error).toContain("RemoteError: on worker 2: ReferenceError: nowhere is not defined");
  expect(error).toMatch(/at prompt:\d+:14/);
  expect(error).toMatch(/\| @fetchfrom 2 nowhere\(1\)\n +\| {14}\^/);
  expect(await terminal.run("@spawnat")).toMatch(/expected a process and an expression, as in: @spawnat 2 f\(x\)/);
  expect(await terminal.run("@evrywhere 1")).toContain("there is no macro @evrywhere");
  expect(await terminal.run("@parallel (^) for (const i of range(3)) i")).toMatch(
    /expected a reducer, one of \+ \* max .* but found "\^"\n +at prompt:\d+:12\n/,
  );
  expect(await terminal.run("@fetch (1 +) 2")).toMatch(/Unexpected token\n +at prompt:\d+:12\n/);
  const everywhere = await terminal.run("@everywhere throw new Error('no')");
  expect(everywhere.match(/at prompt:\d+:19/g)?.length).toBeGreaterThan(0);
  expect(everywhere.match(/\| @everywhere throw/g)).toHaveLength(1);
  expect(everywhere).not.toContain("Promise.allSettled");
});

test("status, whos and completion of names on a worker", async () => {
  const terminal = await shared;
  expect(await terminal.run("status()")).toMatch(
    /^pid +host +state +memory +CPU +runs\n +1 .*this prompt\n +2 .*\n +3 /,
  );
  expect(await terminal.run(".workers")).toMatch(/^pid +host/);
  await terminal.run("remotecallFetch(3, () => { globalThis.farAwayName = 'x'.repeat(1000) })");
  expect(await terminal.run("whos(3)")).toMatch(/farAwayName +2 KiB +string/);
  terminal.type("@fetchfrom 3 farAw\t.length\r");
  await terminal.see("@fetchfrom 3 farAwayName.length\n1000");
  await terminal.until("the next prompt", () => terminal.isAtPrompt());
});

test("output of workers appears above the line being typed; a key is shown at once in a flood", async () => {
  const terminal = await shared;
  terminal.enter(
    "@everywhere [2] line = 'one of the ten thousand lines that a worker prints in a second\\n'.repeat(100)",
  );
  terminal.enter("@everywhere [2] flood = setInterval(() => process.stdout.write(line), 10)");
  await terminal.until("the flood", () => /in a second\n/.test(terminal.screen) && /^tjl>$/m.test(terminal.screen));
  await terminal.until("the prompt below", () => terminal.cursor.line.trimEnd() === "tjl>");
  let typed = "tjl> ";
  const delays: number[] = [];
  for (const char of "half + another_half") {
    typed += char;
    const started = performance.now();
    terminal.type(char);
    await terminal.until(`${typed} on the line`, () => terminal.cursor.line.trimEnd() === typed.trimEnd());
    delays.push(performance.now() - started);
  }
  expect(delays.sort((a, b) => a - b)[Math.floor(delays.length / 2)]).toBeLessThan(100);
  terminal.type("\u0003");
  terminal.enter("@fetchfrom 2 (clearInterval(flood), 'it is over')");
  await terminal.until("the end of the flood", () => /'it is over'\n(.*in a second\n)*tjl>$/.test(terminal.screen));
});

test("a worker's death is told with its reason, and the prompt shows it until the next entry", async () => {
  await withPrompt({ args: ["-q", "-p", "2"] }, async (terminal) => {
    await terminal.run("nworkers()");
    terminal.type("half");
    await terminal.see("tjl> half");
    terminal.type("\u0003");
    await terminal.run("const dying = remotecall(2, () => process.kill(process.pid, 'SIGKILL'));");
    await terminal.see(/worker 2 was ended by SIGKILL/);
    await terminal.see("tjl[1!1]>");
    expect(await terminal.run("fetch(dying)")).toContain("ProcessExitedError: worker 2 was ended by SIGKILL");
    expect(terminal.lines().at(-1)).toBe("tjl>");
    expect(await terminal.run("@fetchfrom 3 1 + 1")).toBe("2");
  });
});

test("-L files are names everywhere, -e is the first entry, include and using work", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tjl-files-"));
  writeFileSync(join(folder, "lib.ts"), "export const fromLib = (n: number): number => n + 1\n");
  writeFileSync(join(folder, "more.ts"), "export function fromMore(): string { return `more on ${myid()}` }\n");
  try {
    await withPrompt(
      { args: ["-q", "-p", "2", "-L", "lib.ts", "-i", "-e", "const given = 6"], cwd: folder },
      async (terminal) => {
        expect(await terminal.run("@fetchfrom 2 fromLib(given)")).toBe("7");
        await terminal.run("await include('./more.ts');");
        expect(await terminal.run("fromMore()")).toBe("'more on 1'");
        expect(await terminal.run("@fetchfrom 3 fromMore()")).toBe("'more on 3'");
        await terminal.run("await using('node:os');");
        expect(await terminal.run("@fetchfrom 2 typeof hostname()")).toBe("'string'");
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
