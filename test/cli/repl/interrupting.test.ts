/** Ctrl-C and Ctrl-D on a real terminal: what they stop, what they keep, how one leaves. */
import { expect, test } from "vitest";
import { runTjl } from "../../support/run-tjl.ts";
import { type Terminal, withPrompt } from "./terminal.ts";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";

/** A second for what has to stop; the rest is for a machine that is busy with other tests. */
const STOPPED_WITHIN_MS = 5000;

/** Enters an entry that does not end, and presses Ctrl-C once it runs. Output of workers that was under way may come after. */
async function stop(terminal: Terminal, entry: string, isRunning: () => boolean): Promise<void> {
  terminal.enter(entry);
  await terminal.until(`${entry} to run`, isRunning);
  terminal.type(CTRL_C);
  await terminal.until(
    "the prompt after Ctrl-C",
    () => /Interrupted\n(From worker.*\n)*tjl>$/.test(terminal.text),
    STOPPED_WITHIN_MS,
  );
}

/** What an entry gives, without what workers print meanwhile. */
async function result(terminal: Terminal, entry: string): Promise<string> {
  const lines = (await terminal.run(entry, STOPPED_WITHIN_MS)).split("\n");
  return lines.filter((line) => !line.startsWith("From worker")).join("\n");
}

test.each([
  ["a loop", "console.log('on'); for (;;);"],
  ["a loop that prints", "for (let i = 0; ; i++) console.log(i < 50 ? 'on' : '')"],
  ["a regular expression gone exponential", "console.log('on'); /(a+)+b/.test('a'.repeat(40))"],
  ["code that catches everything", "console.log('on'); for (;;) { try { for (;;); } catch {} }"],
  ["a promise that never settles", "console.log('on'); await new Promise(() => {})"],
  ["a promise as the result", "console.log('on'); new Promise(() => {})"],
  ["a loop after an await", "await 1; console.log('on'); for (;;);"],
  ["a loop in a timer", "await new Promise(() => setTimeout(() => { console.log('on'); for (;;); }, 1))"],
  [
    "a loop in a callback of Node",
    "fs.readFile('/dev/null', () => { console.log('on'); for (;;); }); await new Promise(() => {})",
  ],
])("Ctrl-C stops %s", async (_, entry) => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    await terminal.run("const kept = 42");
    await stop(terminal, entry, () => terminal.text.includes("\non"));
    expect(await terminal.run("kept")).toBe("42");
    expect(await terminal.run("await new Promise((resolve) => setTimeout(resolve, 20, 'timers go on'))")).toBe(
      "'timers go on'",
    );
  });
});

test.each([
  ["a loop", "remotecallFetch(2, () => { console.log('on'); for (;;); })"],
  ["a promise that never settles", "remotecallFetch(2, () => { console.log('on'); return new Promise(() => {}); })"],
  ["a parallel map", "pmap(() => { console.log('on'); for (;;); }, range(4))"],
  ["a parallel loop", "@parallel (+) for (const i of range(4)) { console.log('on'); for (;;); }"],
  ["@everywhere on workers", "@everywhere [2, 3] { console.log('on'); for (;;); }"],
  ["nested calls", "@fetchfrom 2 await (@fetchfrom 3 (console.log('on'), new Promise(() => {})))"],
])("Ctrl-C stops %s on the workers and keeps them", async (_, entry) => {
  await withPrompt({ args: ["-q", "-p", "2"] }, async (terminal) => {
    await terminal.run("@everywhere kept = myid() * 10");
    await stop(terminal, entry, () => /From worker \d: +on/.test(terminal.text));
    const kept = "(await Promise.all(workers().map((p) => remotecallFetch(p, () => kept)))).join()";
    expect(await result(terminal, kept)).toBe("'20,30'");
  });
});

test("Ctrl-C that comes as the code ends is neither lost nor hits the next entry", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    for (let i = 0; i < 20; i++) {
      await stop(terminal, `console.log('on${i}'); await new Promise(() => {})`, () =>
        terminal.text.includes(`\non${i}`),
      );
      expect(await terminal.run("6 * 7")).toBe("42");
    }
  });
});

test("Ctrl-C takes away a line, and what was typed ahead", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.type("half an entry");
    await terminal.see("half an entry");
    terminal.type(CTRL_C);
    await terminal.until("an empty line", () => terminal.isAtPrompt());
    terminal.enter("console.log('on'); await new Promise(() => {})");
    await terminal.see("\non");
    terminal.type(`console.log("ahead")\r${CTRL_C}`);
    await terminal.see("Interrupted\ntjl>");
    expect(await terminal.run("1 + 1")).toBe("2");
    expect(terminal.text).not.toContain("ahead");
  });
});

test("what is typed while an entry runs is the next entry", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.type("await new Promise((r) => setTimeout(r, 300, 'first'))\r'sec' + 'ond'\r");
    await terminal.see("'first'\ntjl> 'sec' + 'ond'\n'second'");
  });
});

test("Ctrl-C twice at an empty line leaves, once only tells", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.type(CTRL_C);
    await terminal.see("(Ctrl-C again, or Ctrl-D, leaves)\ntjl>");
    await terminal.run("1");
    terminal.type(CTRL_C);
    await terminal.see(/leaves\)\ntjl> 1\n1\ntjl>\n\(Ctrl-C again/);
    terminal.type(CTRL_C);
    expect(await terminal.exited()).toBe(0);
  });
});

test("Ctrl-D leaves; with work running it asks once", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.type(CTRL_D);
    expect(await terminal.exited()).toBe(0);
  });
  await withPrompt({ args: ["-q", "-p", "1"] }, async (terminal) => {
    await terminal.run("const busy = remotecallFetch(2, () => new Promise(() => {})); 1");
    terminal.type(CTRL_D);
    await terminal.see("1 call still runs on the workers; Ctrl-D again leaves and ends the workers");
    terminal.type(CTRL_D);
    expect(await terminal.exited()).toBe(0);
  });
});

test(".exit and exit(n) leave, with that status", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.enter(".exit");
    expect(await terminal.exited()).toBe(0);
  });
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.enter("exit(7)");
    expect(await terminal.exited()).toBe(7);
  });
});

test("without a terminal, -i reads entries line by line and prints what they give", async () => {
  const input = "1 + 1\nconst f = (x: number) => {\n  return x * 2\n}\nf(21)\nnowhere\nawait Promise.resolve('end')\n";
  const { stdout, status } = await runTjl(["-q", "-i"], { input });
  expect(stdout).toContain("2\n");
  expect(stdout).toContain("42\n");
  expect(stdout).toContain("ReferenceError: nowhere is not defined");
  expect(stdout.trimEnd().endsWith("'end'")).toBe(true);
  expect(status).toBe(0);
});
