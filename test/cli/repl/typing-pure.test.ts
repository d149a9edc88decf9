/** The pure parts of typing: where characters stand, what a paste means, history, highlighting, tables. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { banner, promptText } from "../../../src/cli/repl/banner.ts";
import { highlight } from "../../../src/cli/repl/highlight.ts";
import { History, historyFile } from "../../../src/cli/repl/history.ts";
import { offsetOnLine, viewInput } from "../../../src/cli/repl/input-view.ts";
import { cleanPaste, entriesOfCopiedSession } from "../../../src/cli/repl/paste.ts";
import { statusTable, whosTable } from "../../../src/cli/repl/status.ts";
import { bytesText } from "../../../src/cli/repl/table.ts";
import { fitText, padText, textWidth } from "../../../src/cli/repl/text-width.ts";

const options = { prompt: "tjl> ", columns: 20, rows: 10, highlight: (text: string) => text };

function view(text: string, cursor = text.length, changes: object = {}) {
  return viewInput({ text, cursor }, { ...options, ...changes });
}

test("one line", () => {
  expect(view("1 + 1")).toEqual({ lines: ["tjl> 1 + 1"], rows: 1, cursorRow: 0, cursorColumn: 10 });
});

test("lines after the first are indented below the entry", () => {
  const { lines, rows, cursorRow, cursorColumn } = view("f(\n  1\n)", 5);
  expect(lines).toEqual(["tjl> f(", "       1", "     )"]);
  expect([rows, cursorRow, cursorColumn]).toEqual([3, 1, 7]);
});

test("a long line fills several rows", () => {
  const { rows, cursorRow, cursorColumn } = view("a".repeat(32));
  expect([rows, cursorRow, cursorColumn]).toEqual([2, 1, 17]);
});

test("at the right edge the cursor goes to a row of its own", () => {
  const { lines, rows, cursorRow, cursorColumn } = view("a".repeat(15));
  expect([rows, cursorRow, cursorColumn]).toEqual([2, 1, 0]);
  expect(lines[0]).toBe(`tjl> ${"a".repeat(15)} `);
  expect(view("a".repeat(15), 0).rows).toBe(1);
});

test("wide characters take two columns and do not stand on the edge", () => {
  expect(view("日本").cursorColumn).toBe(9);
  expect(view(`${"a".repeat(14)}日`)).toMatchObject({ rows: 2, cursorRow: 1, cursorColumn: 2 });
});

test("an entry that is taller than the screen shows what is around the cursor", () => {
  const text = Array.from({ length: 30 }, (_, i) => `line${i}`).join("\n");
  const middle = text.indexOf("line15");
  const { lines, rows } = view(text, middle);
  expect(rows).toBe(10);
  expect(lines.join("\n")).toContain("line15");
  expect(view(text, 0).lines[0]).toBe("tjl> line0");
  expect(view(text).lines.at(-1)).toContain("line29");
});

test("? and ; change the prompt", () => {
  expect(view("?pmap").lines).toEqual(["help> pmap"]);
  expect(view(";ls -l").lines).toEqual(["shell> ls -l"]);
  expect(view("?pmap", 0).lines).toEqual(["tjl> ?pmap"]);
});

test("the cursor is always on the screen", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 80 }),
      fc.nat(),
      fc.integer({ min: 8, max: 40 }),
      (text, at, columns) => {
        const cursor = Math.min(at, text.length);
        const { rows, cursorRow, cursorColumn } = view(text, cursor, { columns, rows: 6 });
        expect(cursorRow).toBeLessThan(rows);
        expect(cursorRow).toBeGreaterThanOrEqual(0);
        expect(cursorColumn).toBeLessThan(columns);
      },
    ),
  );
});

test("up and down keep the column as far as the line goes", () => {
  expect(offsetOnLine("abcdef\nab\nabcd", 5, 1)).toBe(9);
  expect(offsetOnLine("abcdef\nab\nabcd", 9, 1)).toBe(12);
  expect(offsetOnLine("abcdef\nab", 8, -1)).toBe(1);
  expect(offsetOnLine("abc", 1, -1)).toBeUndefined();
});

test("highlighting changes no character", () => {
  for (const text of [
    "const x: number = `a${b}` // c",
    "@spawnat 2 f('x')",
    "class A<T> {\n  y = /re/g\n}",
    "'open",
    "/* open\nnote",
  ]) {
    const coloured = highlight(text);
    expect(stripVTControlCharacters(coloured)).toBe(text);
    expect(coloured).not.toBe(text);
  }
  fc.assert(
    fc.property(
      fc.string(),
      (text) => stripVTControlCharacters(highlight(stripVTControlCharacters(text))) === stripVTControlCharacters(text),
    ),
  );
});

test("no colour reaches over a line end", () => {
  for (const line of highlight("/* a\nb */").split("\n"))
    expect(line).toSatisfy((text: string) => text.endsWith("\u001b[39m"));
});

const isOpen = (text: string) => (text.match(/[([{]/g) ?? []).length > (text.match(/[)\]}]/g) ?? []).length;

test("a copied session loses its prompts and results", () => {
  const copied = "tjl> 1 + 1\n2\ntjl> f(\n       1\n     )\n[ 1,\n  2 ]\ntjl[3!1]> x\n5\n";
  expect(entriesOfCopiedSession(copied, isOpen)).toEqual({ entries: ["1 + 1", "f(\n  1\n)", "x"], endsOpen: false });
  expect(entriesOfCopiedSession("tjl> 1\n1\ntjl> half", isOpen)).toEqual({ entries: ["1", "half"], endsOpen: true });
  expect(entriesOfCopiedSession("const a = 1\nconst b = 2", isOpen)).toBeUndefined();
});

test("pasted line ends are the prompt's", () => {
  expect(cleanPaste("a\r\nb\rc\u001b[31m")).toBe("a\nb\nc[31m");
});

const folder = mkdtempSync(join(tmpdir(), "tjl-history-"));
const file = join(folder, "deep", "history");
afterEach(() => rmSync(join(folder, "deep"), { recursive: true, force: true }));

test("history lasts, entries of several lines included", () => {
  const first = new History(file);
  first.add("const a = 1");
  first.add("f(\n  1\n)");
  first.add("f(\n  1\n)");
  first.add("   ");
  expect(new History(file).entries).toEqual(["const a = 1", "f(\n  1\n)"]);
});

test("sessions that run at once add to one history; what is not ours in it is left out", () => {
  const [one, two] = [new History(file), new History(file)];
  one.add("1");
  two.add("2");
  one.add("3");
  writeFileSync(file, `${readFileSync(file, "utf8")}broken "\n{"a":1}\n`);
  expect(new History(file).entries).toEqual(["1", "2", "3"]);
});

test("history goes back by what was typed, and is searched", () => {
  const history = new History(undefined);
  for (const entry of ["fetch(a)", "pmap(f, xs)", "fetch(b)"]) history.add(entry);
  expect(history.previous(3, "fe", "fe")).toBe(2);
  expect(history.previous(2, "fe", "fetch(b)")).toBe(0);
  expect(history.next(0, "fe", "fetch(a)")).toBe(2);
  expect(history.search(3, "xs")).toBe(1);
  expect(history.search(1, "xs")).toBe(-1);
});

test("a history that cannot be written does not disturb", () => {
  const history = new History("/dev/null/history");
  history.add("1");
  expect(history.entries).toEqual(["1"]);
});

test("where the history is", () => {
  expect(historyFile({ XDG_STATE_HOME: "/s" })).toBe("/s/tjl/history");
  expect(historyFile({ TJL_HISTORY: "/h" })).toBe("/h");
  expect(historyFile({ TJL_HISTORY: "" })).toBeUndefined();
});

test("texts fit columns", () => {
  expect(textWidth("a日é")).toBe(4);
  expect(fitText("abcdef", 4)).toBe("abc…");
  expect(padText("ab", 4, "left")).toBe("  ab");
  expect([0, 1023, 1536, 10 * 1024 ** 3].map(bytesText)).toEqual(["0 B", "1023 B", "1.5 KiB", "10 GiB"]);
});

test("tables", () => {
  const rows = [
    { pid: 1, host: "lab", state: "idle", memoryBytes: 1024 } as const,
    { pid: 12, host: "lab2", state: "busy", runs: "slow, 1.0 s", cpu: 0.5 } as const,
  ];
  expect(statusTable(rows, 80)).toBe(
    [
      "pid  host  state  memory   CPU  runs",
      "  1  lab   idle    1 KiB        this prompt",
      " 12  lab2  busy           50 %  slow, 1.0 s",
    ].join("\n"),
  );
  expect(
    statusTable(rows, 20)
      .split("\n")
      .every((line) => line.length <= 20),
  ).toBe(true);
  expect(whosTable(2, [{ name: "x", type: "number", bytes: 8 }], 80)).toBe("name  size  type\nx      8 B  number");
  expect(whosTable(2, [], 80)).toBe("no names of yours on process 2");
});

test("the banner has three lines, the prompt tells of many and of lost workers", () => {
  expect(banner({ version: "1.0.0", node: "20.19.0", workers: 4 }, false).split("\n")).toHaveLength(3);
  expect(promptText(4, 0, false)).toBe("tjl> ");
  expect(promptText(200, 0, false)).toBe("tjl[200]> ");
  expect(promptText(3, 1, false)).toBe("tjl[3!1]> ");
});
