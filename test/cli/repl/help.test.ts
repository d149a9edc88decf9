/** `?name`: every public name, macro and prompt function has its text, and the examples are entries that can be typed. */
import { expect, test } from "vitest";
import { expandMacros, markThis, stripTypes } from "../../../src/cli/repl/compilers.ts";
import { planEntry } from "../../../src/cli/repl/entry.ts";
import { helpEntry, helpText, helpTopics } from "../../../src/cli/repl/help.ts";
import { MACROS } from "../../../src/cli/repl/macros.ts";
import * as tjulia from "../../../src/index.ts";

const macros = [...(Array.isArray(MACROS) ? MACROS : Object.keys(MACROS))].map((name) => `@${name}`);

test.each([...Object.keys(tjulia), ...macros, "status", "whos", "exit", "ans", "err"])("%s is explained", (name) => {
  const found = helpEntry(name);
  expect(found?.signature, `help for ${name}`).toBeTruthy();
  expect(found?.about).toBeTruthy();
  expect(found?.trap).toBeTruthy();
});

test.each(helpTopics())("the examples of %s can be typed", (name) => {
  for (const example of helpEntry(name)?.examples ?? []) {
    if (example.startsWith(".")) continue;
    const plan = planEntry(example, { expandMacros, stripTypes, markThis, isConst: () => false });
    expect(plan.kind === "error" ? plan.error.message : plan.kind, example).toBe("run");
  }
});

test("no line is wider than the terminal", () => {
  for (const name of ["", ...helpTopics()]) {
    for (const line of helpText(name, 80, false)
      .split("\n")
      .slice(name === "" ? 0 : 3)) {
      if (!line.startsWith("    tjl> ")) expect(line.length, line).toBeLessThanOrEqual(80);
    }
  }
});

test("a mistyped name gets the nearest one", () => {
  expect(() => helpText("pmaps", 80, false)).toThrow("did you mean ?pmap");
  expect(() => helpText("zzzzzz", 80, false)).toThrow("? lists what there is");
  expect(helpText("spawnat", 80, false)).toContain("tjl> r = spawnat(2, () => 1 + 1)");
  expect(helpText("everywhere", 80, true)).toContain("\u001b[");
});
