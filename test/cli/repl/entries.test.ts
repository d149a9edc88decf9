/** What an entry of the prompt means: planned, carried out, and its errors led back to what was typed. */
import { expect, test } from "vitest";
import { isIncomplete, planEntry } from "../../../src/cli/repl/entry.ts";
import { EntryLog } from "../../../src/cli/repl/entry-log.ts";
import { evaluate } from "../../../src/cli/repl/evaluate.ts";
import { installPromptImport } from "../../../src/cli/repl/prompt-import.ts";
import { SessionVariables } from "../../../src/cli/repl/session-variables.ts";
import { plainContext } from "./stages.ts";

const variables = new SessionVariables();
const context = { ...plainContext, isConst: variables.isConst };
installPromptImport(() => {});
const watchBusy = () => () => {};
const interruptKey = { on() {}, off() {}, pressed() {} };

/** Runs entries one after the other in one session; the last one's value. */
async function run(...entries: string[]): Promise<unknown> {
  let value: unknown;
  for (const text of entries) value = await runOne(new EntryLog(), text);
  return value;
}

async function runOne(log: EntryLog, text: string): Promise<unknown> {
  const plan = planEntry(text, context);
  if (plan.kind === "empty") return undefined;
  if (plan.kind === "error") throw plan.error;
  const { script } = log.add(text, plan);
  const made = variables.prepare(plan);
  let failed = true;
  try {
    const options = {
      script,
      signal: new AbortController().signal,
      interruptKey,
      watchBusy,
    };
    const value = await evaluate(plan, options);
    failed = false;
    return plan.hasValue ? value : undefined;
  } finally {
    variables.settle(made, plan, failed);
  }
}

test.each<[string, string[], unknown]>([
  ["an expression", ["1 + 1"], 2],
  ["a string alone", ['"use strict"'], "use strict"],
  ["an object literal", ["{a: 1, b: 2}"], { a: 1, b: 2 }],
  ["an object literal with types", ["{a: 1 as number}"], { a: 1 }],
  ["a block", ["let q1 = 1", "{ q1 = 2; }", "q1"], 2],
  ["const declared again", ["const a1 = 1", "const a1 = 2", "a1"], 2],
  ["let after const after function", ["const a2 = 1", "function a2() { return 5 }", "let a2: number = 7", "a2"], 7],
  ["a class declared again", ["class C1 { x = 1 }", "class C1 { x = 2 }", "new C1().x"], 2],
  ["the value of a declaration", ["const a3 = 3"], 3],
  ["the last declarator's value", ["let a4 = 1, a5 = a4 + 1"], 2],
  ["a declaration without a value", ["let a6 = 1", "let a6", "a6"], undefined],
  ["a variable without declaration", ["u1 = 5", "u1 + 1"], 6],
  ["destructuring", ["const {d1, d2: [d3 = 4], ...d4} = {d1: 1, d2: [], e: 5}", "[d1, d3, d4]"], [1, 4, { e: 5 }]],
  ["names of functions", ["const named = () => 1", "named.name"], "named"],
  ["functions before their text", ["early() + 1; function early() { return 1 }", "early()"], 1],
  ["recursion", ["function fact(n: number): number { return n < 2 ? 1 : n * fact(n - 1) }", "fact(5)"], 120],
  ["top-level await", ["const w1 = await Promise.resolve(4)", "w1"], 4],
  ["a function beside an await", ["function w2() { return w3 }; const w3 = await 5; w2()"], 5],
  ["await in an expression", ["(await Promise.resolve(2)) + 1"], 3],
  ["for await", ["const seen: number[] = []; for await (const x of [1, 2]) seen.push(x)", "seen"], [1, 2]],
  ["a promise as the value", ["Promise.resolve(9)"], 9],
  ["an enum alone", ["enum Color0 { Red }"], undefined],
  ["an enum", ["enum Color { Red, Green }", "Color.Green"], 1],
  ["generics", ["function id1<T>(x: T): T { return x }", "id1<number>(3)"], 3],
  ["a generic call that is JavaScript too", ["new Map<string, number>([['a', 1]]).size"], 1],
  ["an interface alone", ["interface Shape { x: number }"], undefined],
  ["a type assertion", ["(5 as unknown as string)"], 5],
  ["an import", ["import { join as j1 } from 'node:path'", "j1('a', 'b')"], "a/b"],
  ["default and namespace imports", ["import os1, * as os2 from 'node:os'", "os1.EOL === os2.EOL"], true],
  ["an import and its use in one entry", ["import { sep } from 'node:path'\nsep"], "/"],
  ["an import of JSON", ["import pkg from './package.json' with { type: 'json' }", "pkg.name"], "tjulia"],
  ["exports of pasted modules", ["export const x1 = 1\nexport function x2() { return x1 + 1 }", "x2()"], 2],
  ["an exported default", ["export default 3 + 4"], undefined],
  ["var in a block", ["if (true) { var v1 = 5 }", "v1"], 5],
  ["var in a block beside await", ["for (var v2 of [1, 2]) { var v3 = await v2 }", "[v2, v3]"], [2, 2]],
  ["statements without semicolons", ["const s1 = 1\nconst s2 = s1 + 1\n;[s1, s2]"], [1, 2]],
  ["an expression before a declaration", ["s1\nconst s3 = 2"], 2],
  ["a class before a bracket", ["class S4 {}\n(S4.name)"], "S4"],
  ["loop variables stay in the loop", ["for (let l1 = 0; l1 < 3; l1++);", "typeof l1"], "undefined"],
  ["block variables stay in the block", ["{ let l2 = 1; l2 = 2 }", "typeof l2"], "undefined"],
  ["a getter of the platform hidden", ["const navigator = 'mine'", "navigator"], "mine"],
  ["labels, if and try", ["let t1 = 0; try { throw 1 } catch (e) { t1 = e as number }", "t1"], 1],
])("%s", async (_, entries, value) => {
  expect(await run(...entries)).toEqual(value);
});

test.each<[string, string | RegExp, string]>([
  ["const x = ;", /Unexpected token/, "prompt:1:11"],
  ["const y: = 5", /Unexpected token/, "prompt:1:10"],
  ["foo bar", /Unexpected|Expected/, "prompt:1:"],
])("%s is refused where it stands", (text, message, place) => {
  const plan = planEntry(text, context);
  if (plan.kind !== "error") throw new Error("it was accepted");
  expect(plan.error.message).toMatch(message);
  const log = new EntryLog();
  const { line, column } = log.placeOf(log.add(text), plan.error.offset);
  expect(`prompt:${line}:${column}`).toContain(place);
});

test("a const cannot be assigned, only declared again", async () => {
  await run("const k1 = 1");
  await expect(run("k1 = 2")).rejects.toThrow("k1 is a const; declare it again to change it: const k1 = …");
  await expect(run("for (k1 of [1]);")).rejects.toThrow("k1 is a const");
  expect(await run("{ let k1 = 5; k1 = 6 }", "k1")).toBe(1);
  expect(await run("let k1 = 2", "k1 = 3", "k1")).toBe(3);
});

test("a declaration that failed leaves no variable", async () => {
  await expect(run("const n1 = nowhere()")).rejects.toThrow("nowhere is not defined");
  await expect(run("n1")).rejects.toThrow("n1 is not defined");
});

test("an import that is not there says so", async () => {
  await expect(run("import { nope } from 'node:path'")).rejects.toThrow("node:path has no export named nope");
});

test.each<[string, string]>([
  ["const z = 1\n  nowhere1(z)", "prompt:2:3"],
  ["const f1 = (x: number): number =>\n  nowhere2(x)\nf1(1)", "prompt:2:3"],
  ["const w = await 1; nowhere3()", "prompt:1:20"],
  ["function g1<T>(x: T) {\n  const y = nowhere4(x)\n  return y\n}\nawait 1\ng1(1)", "prompt:2:13"],
])("the stack of %j points at %s", async (text, place) => {
  const log = new EntryLog();
  const error = await runOne(log, text).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(log.mapStack(error?.stack ?? "").match(/prompt:\d+:\d+/)?.[0]).toBe(place);
});

test("lines are numbered through the session", async () => {
  const log = new EntryLog();
  await runOne(log, "const m1 = 1");
  await runOne(log, "function m2() {\n  throw new Error('here')\n}");
  const error = (await runOne(log, "m2()").catch((thrown) => thrown)) as Error;
  expect(log.mapStack(error.stack ?? "").match(/prompt:\d+:\d+/g)).toEqual(["prompt:3:9", "prompt:5:1"]);
  expect(log.text().split("\n")[2]).toBe("  throw new Error('here')");
});

test("a promise is left when the signal is aborted", async () => {
  const plan = planEntry("await new Promise(() => {})", context);
  if (plan.kind !== "run") throw new Error();
  const giveUp = new AbortController();
  const waiting = evaluate(plan, {
    script: "prompt/1",
    signal: giveUp.signal,
    interruptKey,
    watchBusy,
  });
  giveUp.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
});

test.each([
  "(1 +",
  "const x =",
  "if (a) {",
  "`text ${",
  "`text",
  "/* note",
  "[1,\n2",
  "f(",
  "x +",
  "a =>",
  "const x: number =",
  "class A<T> {",
  "for (const x of y)",
])("%j wants another line", (text) => {
  expect(isIncomplete(text, context)).toBe(true);
});

test.each(["1", "f()", "const x = ;", "'abc", "}", "f())", "if (a) {}", "class A<T> {}", "// note", "", "x = [1}"])(
  "%j is ready to run",
  (text) => {
    expect(isIncomplete(text, context)).toBe(false);
  },
);

test.each<[string, boolean]>([
  ["1", true],
  ["1;", false],
  ["1; // note", false],
  ["const x = 1", true],
  ["const x: number = 1;", false],
  ["function f() {}", false],
  ["for (const x of []) x", false],
  ["await 1 // ;", true],
])("%j shows its value: %s", (text, shows) => {
  const plan = planEntry(text, context);
  expect(plan.kind === "run" && plan.shows).toBe(shows);
});
