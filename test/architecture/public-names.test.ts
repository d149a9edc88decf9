/** The public names: what src/index.ts exports, what tjulia/globals types, and what the reference documents are the same. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { errorCodes } from "../../src/errors.ts";
import { root } from "../support/run-tjl.ts";
import { sources } from "./sources.ts";

/** Values and classes exported by the library; types alone are left out. */
function exportedValues(): string[] {
  const config = ts.parseConfigFileTextToJson("", readFileSync(join(root, "tsconfig.json"), "utf8")).config;
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram([join(root, "src/index.ts")], options);
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(join(root, "src/index.ts"));
  const symbol = file && checker.getSymbolAtLocation(file);
  return (symbol ? checker.getExportsOfModule(symbol) : [])
    .filter((s) => {
      const target = s.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(s) : s;
      return (target.flags & ts.SymbolFlags.Value) !== 0 && !isTypeOnly(s);
    })
    .map((s) => s.name)
    .sort();
}

function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (d) => ts.isExportSpecifier(d) && (d.isTypeOnly || d.parent.parent.isTypeOnly),
  );
}

const names = exportedValues();

describe("public names", () => {
  test("are those of the built library", async () => {
    expect(Object.keys(await import(`${root}/dist/index.js`)).sort()).toEqual(names);
  });

  test("are all typed as globals by tjulia/globals", () => {
    const text = readFileSync(join(root, "src/globals.d.ts"), "utf8");
    const declared = [...text.matchAll(/^ {2}(?:const|function) (\w+)/gm)].map((m) => m[1]);
    // The browser's types have a Range of their own.
    expect([...new Set(declared)].sort()).toEqual(names.filter((name) => name !== "Range"));
  });

  test("are all documented in docs/reference, and nothing else is", () => {
    const folder = join(root, "docs/reference");
    const documented = readdirSync(folder)
      .filter((name) => name.endsWith(".md") && name !== "README.md")
      .flatMap((name) => [...readFileSync(join(folder, name), "utf8").matchAll(/^##+ (.+)$/gm)])
      .flatMap((heading) => [...(heading[1] ?? "").matchAll(/`(\w+)`/g)].map((m) => m[1]));
    expect([...new Set(documented)].sort()).toEqual(names);
  });
});

test("every error code has its row in docs/errors.md, and no row is without a code", () => {
  const file = join(root, "docs/errors.md");
  const rows = existsSync(file)
    ? [...readFileSync(file, "utf8").matchAll(/^\| `(TJL_[A-Z_]+)`/gm)].map((m) => m[1])
    : [];
  expect(rows.sort()).toEqual(Object.keys(errorCodes).sort());
});

test("every variable of the environment that is read is documented", () => {
  const read = sources.flatMap(({ text }) => [...text.matchAll(/\bTJL_[A-Z_]+\b/g)].map((m) => m[0]));
  const documented = readFileSync(join(root, "docs/reference/command-line.md"), "utf8");
  const names = [...new Set(read)].filter((name) => !(name in errorCodes));
  expect(names.filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
});
