/** Words to options: what is accepted, what is refused and how that is said, and what the help and the completions list. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { helpText } from "../../src/cli/help.ts";
import { topicNames, topicText } from "../../src/cli/help-topics.ts";
import { optionRows, shells, spellings } from "../../src/cli/option-table.ts";
import { parseCommandLine, type RunOptions } from "../../src/cli/options.ts";
import { quickOptions } from "../../src/cli/quick-options.ts";
import { completionScript } from "../../src/cli/shell-completion.ts";
import { UsageError } from "../../src/errors.ts";

const words = (line: string): string[] => line.split(" ").filter(Boolean);

function options(line: string): RunOptions {
  const parsed = parseCommandLine(words(line));
  if (parsed.kind !== "run") throw new Error(`${line} is ${parsed.kind}`);
  return parsed.options;
}

function refusal(line: string): string {
  try {
    parseCommandLine(words(line));
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`accepted: ${line}`);
}

describe("options", () => {
  test.each<[string, Partial<RunOptions>]>([
    ["-p 4 run.ts -p 9 --x -L y", { procs: 4, driver: "run.ts", words: ["-p", "9", "--x", "-L", "y"] }],
    ["--procs=auto", { procs: "auto", driver: undefined }],
    ["-p4 run.ts", { procs: 4, driver: "run.ts" }],
    ["-L a.ts --load b.ts --load=c.ts run.ts", { load: ["a.ts", "b.ts", "c.ts"], driver: "run.ts" }],
    ["-e 1 a b", { code: [{ text: "1", print: false }], driver: undefined, words: ["a", "b"] }],
    [
      "-e 1 -E 2",
      {
        code: [
          { text: "1", print: false },
          { text: "2", print: true },
        ],
      },
    ],
    ["-E -1", { code: [{ text: "-1", print: true }] }],
    ["--machine-file=lab.txt x.ts", { machinefile: "lab.txt", driver: "x.ts" }],
    ["--machinefile lab.txt --strict", { machinefile: "lab.txt", strict: true }],
    [
      "--manager slurm --manager-opt a=1 --manager-opt b=c=d",
      { manager: "slurm", managerOptions: { a: "1", b: "c=d" } },
    ],
    ["--color", { color: true }],
    ["--no-color", { color: false }],
    ["-q -i", { quiet: true, interactive: true, color: undefined, startup: true }],
    ["--no-startup", { startup: false }],
    ["- a b", { driver: "-", words: ["a", "b"] }],
    ["-- -x.ts --help", { driver: "-x.ts", words: ["--help"] }],
    ["run.ts --worker", { driver: "run.ts", words: ["--worker"] }],
  ])("%s", (line, wanted) => expect(options(line)).toMatchObject(wanted));

  test.each([
    ["-h", "help"],
    ["--help", "help"],
    ["help prompt", "help"],
    ["--version", "version"],
    ["-v", "version"],
    ["completion zsh", "completion"],
    ["doctor --json", "doctor"],
    ["-q --worker", "worker"],
  ])("%s is %s", (line, kind) => expect(parseCommandLine(words(line)).kind).toBe(kind));

  test.each([
    ["-p 0", '-p, --procs cannot be "0"\n  For no workers leave it out; for one per core: -p auto.'],
    ["-p x", '-p, --procs cannot be "x"\n  It is a number from 1 up, or auto: -p 4.'],
    ["-p 1.5", '-p, --procs cannot be "1.5"\n  It is a number from 1 up, or auto: -p 4.'],
    ["-p -3", '-p, --procs cannot be "-3"\n  It is a number from 1 up, or auto: -p 4.'],
    ["-p", "-p, --procs needs a value\n  try: tjl --help"],
    ["-e", "-e, --eval needs a value\n  try: tjl --help"],
    ["--proc 3", "unknown option --proc\n  did you mean --procs?"],
    ["--machinfile=lab", "unknown option --machinfile\n  did you mean --machinefile?"],
    ["--zzz", "unknown option --zzz\n  try: tjl --help"],
    [
      "--manager-opt x=1",
      "--manager-opt needs a manager\n  try: tjl --manager slurm --manager-opt partition=short -p 8",
    ],
    [
      "--manager slurm --manager-opt x",
      '--manager-opt cannot be "x"\n  It is key=value, as in: --manager-opt partition=short.',
    ],
    ["completion tcsh", "completion is for bash, zsh, fish, not tcsh\n  try: tjl completion bash"],
  ])("%s is refused", (line, message) => expect(refusal(line)).toBe(message));

  test("the quick reader says the same as commander, or leaves it to commander", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "-p",
        "-L",
        "-e",
        "-E",
        "-i",
        "-q",
        "-",
        "--",
        "4",
        "0",
        "auto",
        "x",
        "run.ts",
        "1+1",
        "help",
        "-x",
        "",
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
        const quick = quickOptions(argv);
        if (quick) expect(parseCommandLine(argv)).toEqual({ kind: "run", options: quick });
      }),
      { numRuns: 2000 },
    );
    expect(quickOptions(words("-p 2 -L lib.ts run.ts a -b"))).toBeDefined();
    expect(quickOptions(["-e", "0"])).toBeDefined();
  });
});

describe("--help", () => {
  const text = helpText(80);
  const lines = text.trimEnd().split("\n");

  test("is one screen: under 40 lines of 80 columns, two examples first", () => {
    expect(lines.length).toBeLessThan(40);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines[4]).toContain("tjl -p 4");
    expect(lines[5]).toContain("-n 9 goes to run.ts");
  });

  test("has every option", () => {
    for (const row of optionRows) expect(text).toContain(row.flags);
  });

  test("wraps on a narrow terminal instead of overflowing", () => {
    for (const line of helpText(64)
      .split("\n")
      .filter((line) => line.startsWith("      "))) {
      expect(line.length).toBeLessThanOrEqual(66);
    }
  });

  test("every topic has its page, and an unknown one says which there are", () => {
    for (const name of topicNames) expect(topicText(name).length).toBeGreaterThan(200);
    expect(topicText("exit-codes")).toBe(topicText("exit-status"));
    expect(() => topicText("promt")).toThrow("did you mean prompt?");
  });
});

describe("completion", () => {
  test.each(shells)("%s offers every option and command", (shell) => {
    const script = completionScript(shell);
    for (const name of optionRows.flatMap(spellings)) {
      expect(script).toContain(shell === "fish" ? name.replace(/^--?/, "") : name);
    }
    for (const name of ["doctor", "completion", "help", ...topicNames]) expect(script).toContain(name);
  });
});
