/** What Tab offers, as a function of text and session. */
import { expect, test } from "vitest";
import { type CompletionState, complete } from "../../../src/cli/repl/completion.ts";

const values: Record<string, unknown> = {
  point: {
    x: 1,
    nested: { deep: 1, deeper: 2 },
    get trap() {
      throw new Error("a getter was run");
    },
  },
  numbers: [1, 2, 3],
  Math,
};
const files: Record<string, string[]> = {
  ".": ["lib.ts", "library/", ".hidden", "data.json"],
  "./": ["lib.ts", "library/", ".hidden"],
  "library/": ["one.ts", "two.ts"],
};
const asked: number[] = [];
const state: CompletionState = {
  sessionNames: () => ["point", "numbers", "pmap", "parallel", "_hidden"],
  platformNames: () => ["Math", "Map", "parseInt"],
  lookUp: (name) => values[name],
  list: (folder) => files[folder] ?? [],
  packages: () => ["fs", "fs/promises", "node:fs", "lodash"],
  remoteNames: async (pid) => {
    asked.push(pid);
    return ["farName", "farther"];
  },
  signature: (name) => (name === "pmap" ? "pmap(f, …)" : undefined),
  helpTopics: () => ["pmap", "parallel", "@parallel"],
  commands: () => [".load", ".save", ".workers"],
};

async function offered(text: string, cursor = text.length): Promise<string[]> {
  const { candidates, start } = await complete(text, cursor, state);
  return candidates.map((candidate) => text.slice(0, start) + candidate);
}

test.each<[string, string[]]>([
  ["po", ["point"]],
  ["pa", ["parallel", "parseInt"]],
  ["x = nu", ["x = null", "x = numbers"]],
  ["ret", ["return"]],
  ["point.n", ["point.nested"]],
  ["point?.nested.de", ["point?.nested.deep", "point?.nested.deeper"]],
  ["point.trap.a", []],
  ["numbers.fla", ["numbers.flat", "numbers.flatMap"]],
  ["Math.flo", ["Math.floor"]],
  ["nowhere.a", []],
  ['"text".rep', ['"text".repeat', '"text".replace', '"text".replaceAll']],
  ["[1, 2].fla", ["[1, 2].flat", "[1, 2].flatMap"]],
  ["f(1).a", []],
  ["@spawn", ["@spawn", "@spawnat"]],
  ["const r = @fe", ["const r = @fetch", "const r = @fetchfrom"]],
  ["?pa", ["?parallel"]],
  [".s", [".save"]],
  [".load li", [".load lib.ts", ".load library/"]],
  [";cat li", [";cat lib.ts", ";cat library/"]],
  ['include("li', ['include("lib.ts', 'include("library/']],
  ['await include("./li', ['await include("./lib.ts', 'await include("./library/']],
  ['await using("library/', ['await using("library/one.ts', 'await using("library/two.ts']],
  ["import { readFile } from 'fs", ["import { readFile } from 'fs", "import { readFile } from 'fs/promises"]],
  ['import "lod', ['import "lodash']],
  ['x = "li', []],
  ['x = "./li', ['x = "./lib.ts', 'x = "./library/']],
  ["// po", []],
])("%j gives %j", async (text, expected) => {
  expect(await offered(text)).toEqual(expected);
});

test("an empty line offers the names of the session only", async () => {
  expect(await offered("")).toEqual(["numbers", "parallel", "pmap", "point"]);
});

test("completion looks at the text before the cursor", async () => {
  expect(await offered("po + 1", 2)).toEqual(["point"]);
});

test.each(["@spawnat 2 far", "@fetchfrom 2 1 + far", "remotecallFetch(2, () => far", "remotecall(2, far"])(
  "%j also offers what is on worker 2",
  async (text) => {
    asked.length = 0;
    const names = (await offered(text)).map((name) => name.split(/\W/).at(-1));
    expect(names).toEqual(["farName", "farther"]);
    expect(asked).toEqual([2]);
  },
);

test("no worker is asked elsewhere", async () => {
  asked.length = 0;
  expect(await offered("far")).toEqual([]);
  expect(asked).toEqual([]);
});

test.each([
  ["pmap(", "pmap(f, …)"],
  ["x = pmap( ", "pmap(f, …)"],
  ["point.add(", "point.add(dx, dy)"],
  ["later(", "later(ms)"],
  ["Math.max(", undefined],
  ["if (", undefined],
  ["pmap(po", undefined],
])("after %s Tab tells how the function is called", async (text, note) => {
  const functions = { ...values, later: async (ms: number) => ms, point: { add: (dx: number, dy: number) => dx + dy } };
  const told = await complete(text, text.length, { ...state, lookUp: (name) => (functions as typeof values)[name] });
  expect(told.note).toBe(note);
});
