/** Typing at the prompt on a real terminal: entries of several lines, history, search, paste, completion, colours, commands. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withPrompt } from "./terminal.ts";

const UP = "\u001b[A";
const DOWN = "\u001b[B";
const LEFT = "\u001b[D";
const HOME = "\u001b[H";
const ALT_ENTER = "\u001b\r";
const paste = (text: string) => `\u001b[200~${text}\u001b[201~`;

test("an entry of several lines, typed, edited and found again", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.type("[1, 2].map((x) => {\r");
    await terminal.until("the second line", () => terminal.cursor.column === 7);
    terminal.type("return x + 1\r})\r");
    await terminal.see("tjl> [1, 2].map((x) => {\n       return x + 1\n     })\n[ 2, 3 ]");
    await terminal.until("the next prompt", () => terminal.isAtPrompt());

    terminal.type(UP);
    await terminal.until("the entry again", () => terminal.cursor.line.endsWith("})"));
    terminal.type(`${UP}\u001b[F${"\u007f".repeat(4)}${DOWN}\r`);
    await terminal.see("       return x\n     })\n[ 1, 2 ]");
  });
});

test("Alt-Enter begins a line; what is typed in the middle stays in order", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.type(`1 +${ALT_ENTER}3${HOME}2 + \r`);
    await terminal.see("tjl> 1 +\n     2 + 3\n6");
  });
});

test("history goes over sessions and is searched with Ctrl-R", async () => {
  const home = mkdtempSync(join(tmpdir(), "tjl-home-"));
  try {
    await withPrompt({ args: ["-q"], home }, async (terminal) => {
      await terminal.run("const first = 'alpha'");
      terminal.type("const second = {\ra: 1 }\r");
      await terminal.see("{ a: 1 }");
    });
    await withPrompt({ args: ["-q"], home }, async (terminal) => {
      terminal.type(UP);
      await terminal.see(/tjl> const second = \{\n +a: 1 \}/);
      terminal.type("\u0003");
      await terminal.until("an empty line", () => terminal.isAtPrompt());
      terminal.type("\u0012alp");
      await terminal.see("search \"alp\": const first = 'alpha'");
      terminal.type("\r");
      await terminal.see("tjl> const first = 'alpha'\n'alpha'");
      await terminal.until("the next prompt", () => terminal.isAtPrompt());
      terminal.type(`const${UP}`);
      await terminal.see(/tjl> const first = 'alpha'\n'alpha'\ntjl> const first/);
    });
    expect(readFileSync(join(home, ".local/state/tjl/history"), "utf8")).toContain("alpha");
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test("a pasted block is one entry; a copied session runs entry by entry without its prompts", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.type(paste("function twice(x: number) {\r  return 2 * x\r}\r\rtwice(4)\r"));
    await terminal.see("     twice(4)");
    expect(terminal.text).not.toContain("\n8");
    terminal.type("\r");
    await terminal.see("     twice(4)\n8");
    await terminal.until("the next prompt", () => terminal.isAtPrompt());
    terminal.type(paste("tjl> const p = 5\r5\rtjl> [\r       p,\r     ]\r[ 5 ]\rtjl> p * 10\r50\r"));
    await terminal.see("tjl> const p = 5\n5\ntjl> [\n       p,\n     ]\n[ 5 ]\ntjl> p * 10\n50");
  });
});

test("Tab completes names, members, macros, paths and commands", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tjl-files-"));
  writeFileSync(join(folder, "library.ts"), "export const answer = 42\n");
  try {
    await withPrompt({ args: ["-q"], cwd: folder }, async (terminal) => {
      await terminal.run("const longName = { inner: { value: 7 } }");
      terminal.type("longN\t.inn\t.v\t\r");
      await terminal.see("tjl> longName.inner.value\n7");
      await terminal.until("the next prompt", () => terminal.isAtPrompt());
      terminal.type("@everyw\t");
      await terminal.see("tjl> @everywhere");
      terminal.type("\u0003");
      await terminal.until("an empty line", () => terminal.isAtPrompt());
      terminal.type('await include("./lib\t");\ranswer\r');
      await terminal.see('tjl> await include("./library.ts");\ntjl> answer\n42');
      terminal.type("remotecall\t\t");
      await terminal.see(/remotecall +remotecallFetch +remotecallWait/);
      expect(terminal.cursor.line).toContain("tjl> remotecall");
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("input and output are coloured on a terminal with colours, and plain without", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    terminal.type("const s = 'text' // note");
    await terminal.see("// note");
    await terminal.until("colours", () => terminal.colourOf("'text'") === 2 && terminal.colourOf("// note") === 8);
    terminal.type("\r");
    await terminal.until("the value in colour", () => terminal.text.includes("\n'text'"));
  });
  await withPrompt({ args: ["-q"], env: { NO_COLOR: "1" } }, async (terminal) => {
    await terminal.run("'text'");
    expect(terminal.colourOf("tjl>")).toBeUndefined();
    expect(terminal.colourOf("'text'")).toBeUndefined();
  });
});

test("? explains, ; runs a shell command, .commands work", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    expect(await terminal.run("?pmap")).toMatch(/pmap\(f, \.\.\.collections[\s\S]*tjl> await pmap[\s\S]*Trap: /);
    expect(await terminal.run("?")).toContain("@everywhere @spawnat @spawn");
    expect(terminal.text).toContain("help> pmap");
    expect(await terminal.run(";echo one; exit 3")).toBe("one\n(status 3)");
    expect(terminal.text).toContain("shell> echo one");
    expect(await terminal.run(";cd /tmp")).toBe("");
    expect(await terminal.run("process.cwd()")).toBe("'/tmp'");
    expect(await terminal.run(".help")).toContain(".workers");
    expect(await terminal.run(".wrokers")).toContain("did you mean .workers?");
  });
});

test(".save and .load, .editor", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tjl-files-"));
  try {
    await withPrompt({ args: ["-q"], cwd: folder }, async (terminal) => {
      await terminal.run("const kept: number = 1");
      expect(await terminal.run(".save session.ts")).toContain("written to session.ts");
      expect(readFileSync(join(folder, "session.ts"), "utf8")).toBe("const kept: number = 1\n");
      writeFileSync(join(folder, "more.ts"), "const more = kept + 1\nmore * 10\n");
      expect(await terminal.run(".load more.ts")).toBe("20");
      terminal.enter(".editor");
      await terminal.see("Ctrl-D runs them");
      terminal.type("const a = 1\rconst b = 2\ra + b");
      await terminal.see("a + b");
      terminal.type("\u0004");
      await terminal.see(/a \+ b\n3\n/);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the line being typed follows the width of the terminal", async () => {
  await withPrompt({ args: ["-q"], columns: 40 }, async (terminal) => {
    terminal.type(`"${"x".repeat(50)}"`);
    await terminal.see(`tjl> "${"x".repeat(50)}"`);
    terminal.resize(100, 24);
    terminal.type(`${LEFT}y`);
    await terminal.see(`tjl> "${"x".repeat(50)}y"`);
    terminal.type("\u001b[F.length\r");
    await terminal.see(/\.length\n51\n/);
  });
});

test("long lists and large values are cut to the screen", async () => {
  await withPrompt({ args: ["-q"], rows: 20 }, async (terminal) => {
    const list = await terminal.run("Array.from({ length: 10_000 }, (_, i) => i)");
    expect(list.split("\n").length).toBeLessThan(18);
    expect(list).toMatch(/Array\(10000\)[\s\S]*\n {2}… 9,9\d\d more …\n[\s\S]*9999/);
    const text = await terminal.run("Object.fromEntries(Array.from({ length: 300 }, (_, i) => ['k' + i, i]))");
    expect(text).toContain("more lines");
    expect(text.split("\n").length).toBeLessThanOrEqual(17);
    expect(await terminal.run("rand(1000, 1000)")).toMatch(/^1000×1000 float64 array:\n[\s\S]*⋮[\s\S]*⋱/);
    expect((await terminal.run("rand(1000, 1000)")).split("\n").length).toBeLessThanOrEqual(17);
  });
});

test("the startup file runs first and is told; --no-startup leaves it out", async () => {
  const home = mkdtempSync(join(tmpdir(), "tjl-home-"));
  mkdirSync(join(home, ".config/tjl"), { recursive: true });
  writeFileSync(join(home, ".config/tjl/startup.ts"), "const mine: number = 41\nconsole.log('good morning')\n");
  try {
    await withPrompt({ home }, async (terminal) => {
      await terminal.see("good morning");
      expect(await terminal.run("mine + 1")).toBe("42");
      expect(terminal.text).toContain("startup.ts");
    });
    await withPrompt({ home, args: ["--no-startup"] }, async (terminal) => {
      expect(await terminal.run("typeof mine")).toBe("'undefined'");
      expect(terminal.text).not.toContain("good morning");
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test("errors point into the entry", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    expect(await terminal.run("const x = ;")).toContain("prompt:1:11");
    expect(terminal.text).toContain("1 | const x = ;\n    |           ^");
    await terminal.run("function broken(o: any) { return o.a.b }");
    const error = await terminal.run("broken({})");
    expect(error).toContain("TypeError: Cannot read properties of undefined (reading 'b')");
    expect(error).toContain("at broken (prompt:2:38)");
    expect(error).toContain("at prompt:3:1");
    expect(error).not.toContain("node:");
    expect(await terminal.run("err instanceof TypeError")).toBe("true");
    expect((await terminal.run("await Promise.reject(new Error('x'))")).match(/at prompt/g)).toHaveLength(1);
    expect(await terminal.run("import { Join } from 'node:path'")).toContain("named Join; did you mean join?");
    expect(await terminal.run("import x from './nowhere.ts'")).toMatch(
      /no module \.\/nowhere.ts[\s\S]*\| import x[\s\S]*\| \^/,
    );
    expect(await terminal.run("setTimeout(() => { throw new Error('later') }, 1);")).toBeDefined();
    await terminal.see("Error: later");
    await terminal.run("1 + 1");
    expect(await terminal.run("ans * 10")).toBe("20");
    expect(await terminal.run("3;")).toBe("");
    expect(await terminal.run("ans")).toBe("3");
  });
});

test("what is printed while a line is being typed appears above it", async () => {
  await withPrompt({ args: ["-q"] }, async (terminal) => {
    await terminal.run(
      "setTimeout(() => { console.log('one'); process.stderr.write('two\\n'); process.stdout.write('part') }, 300);",
    );
    terminal.type("half an ent");
    await terminal.see(/one\ntwo\npart\ntjl> half an ent/);
    expect(terminal.cursor.column).toBe("tjl> half an ent".length);
    terminal.type("ry");
    await terminal.see("tjl> half an entry");
  });
});
