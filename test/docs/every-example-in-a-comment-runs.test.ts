/**
 * The @example of every public name, and of the public members of public classes, runs as a driver on two workers and prints
 * what its `console.log(…); // text` lines promise. One that cannot run here says why: `// not run: needs a machine to log in to`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { differs } from "../support/markdown.ts";
import { root } from "../support/run-tjl.ts";
import { openScratch } from "../support/scratch.ts";
import { promisedByComments } from "./pages.ts";

interface Example {
  name: string;
  code: string;
}

function publicNames(): { examples: Example[]; without: string[] } {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram([join(root, "src/index.ts")], options);
  const checker = program.getTypeChecker();
  const index = program.getSourceFile(join(root, "src/index.ts"));
  const module = index && checker.getSymbolAtLocation(index);
  const examples: Example[] = [];
  const without: string[] = [];
  const add = (name: string, symbol: ts.Symbol): boolean => {
    const type = checker.getTypeOfSymbol(symbol);
    const documented = [
      symbol,
      ...(type.symbol && type.symbol !== symbol ? [type.symbol] : []),
      ...type.getCallSignatures(),
    ];
    const all = documented.flatMap((it) => (isSignature(it) ? it.getJsDocTags() : it.getJsDocTags(checker)));
    const texts = new Set(all.filter((tag) => tag.name === "example").map((tag) => ts.displayPartsToString(tag.text)));
    for (const text of texts) examples.push({ name, code: fenced(text) });
    return texts.size > 0;
  };
  for (const exported of module ? checker.getExportsOfModule(module) : []) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (!(symbol.flags & ts.SymbolFlags.Value) || isTypeOnly(exported)) continue;
    const has = add(exported.name, symbol);
    for (const member of symbol.members?.values() ?? []) add(`${exported.name}.${member.name}`, member);
    if (!has && !isMadeByOthers(exported.name)) without.push(exported.name);
  }
  return { examples, without };
}

function isSignature(it: ts.Symbol | ts.Signature): it is ts.Signature {
  return "parameters" in it;
}

function isTypeOnly(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (d) => ts.isExportSpecifier(d) && (d.isTypeOnly || d.parent.parent.isTypeOnly),
  );
}

/** Errors and the classes of arrays and ranges are not made by users; the functions that make them have the examples. */
function isMadeByOthers(name: string): boolean {
  return /(Error|Array|^Range)$/.test(name);
}

function fenced(text: string): string {
  return /^```\w*\n([\s\S]*)\n```$/.exec(text.trim())?.[1] ?? text;
}

const { examples, without } = publicNames();

test("every public function and class has an example", () => {
  expect(without).toEqual([]);
});

test.concurrent.each(examples)("$name", { timeout: 60_000 }, async ({ name, code }) => {
  if (/^\/\/ not run: /m.test(code)) return;
  const scratch = openScratch();
  try {
    writeFileSync(join(scratch.folder, "lib.ts"), "export const answer = 42;\n");
    const file = `${name.replaceAll(/\W/g, "-")}.ts`;
    writeFileSync(join(scratch.folder, file), `${code}\nexport {};\n`);
    const result = await scratch.sh(`tjl -p 2 ${file}`);
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: expect.any(String) });
    const promised = promisedByComments(code);
    if (promised) expect(differs(result.stdout, promised)).toBeUndefined();
  } finally {
    scratch.remove();
  }
});
