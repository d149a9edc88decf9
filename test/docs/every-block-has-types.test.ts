/** Every ts block of the README and the docs passes the type checker, with the globals of "tjulia/globals". */
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { root } from "../support/run-tjl.ts";
import { pages } from "./pages.ts";

test("all blocks type-check", { timeout: 120_000 }, () => {
  const virtual = new Map<string, string>();
  for (const page of pages) {
    // Pages lie apart, so that each may have its lib.ts; an empty export makes a block a module of its own.
    const folder = join(root, "test/fixtures/docs-in-memory", page.path.replaceAll(/\W+/g, "-"));
    for (const block of page.blocks) {
      if (block.language !== "ts" || block.info.types === "no") continue;
      const name = block.info.file ?? `block-${block.line}.ts`;
      virtual.set(join(folder, name), `${block.code}\nexport {};\n`);
    }
  }
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  Object.assign(options, {
    noUncheckedIndexedAccess: false,
    noEmit: true,
    types: ["node"],
    noImplicitReturns: false,
    erasableSyntaxOnly: false,
  });
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, directoryExists } = host;
  host.readFile = (file) => virtual.get(file) ?? readFile(file);
  host.fileExists = (file) => virtual.has(file) || fileExists(file);
  host.directoryExists = (folder) =>
    [...virtual.keys()].some((file) => file.startsWith(`${folder}/`)) || (directoryExists?.(folder) ?? true);
  const getSourceFile = host.getSourceFile;
  host.getSourceFile = (file, version, ...rest) => {
    const text = virtual.get(file);
    return text === undefined ? getSourceFile(file, version, ...rest) : ts.createSourceFile(file, text, version);
  };
  const program = ts.createProgram([...virtual.keys(), join(root, "src/globals.d.ts")], options, host);
  const complaints = [...virtual.keys()].flatMap((name) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((d) => {
      const line = file ? file.getLineAndCharacterOfPosition(d.start ?? 0).line + 1 : 0;
      return `${name.replace(`${root}/test/fixtures/docs-in-memory/`, "")}:${line} ${ts.flattenDiagnosticMessageText(d.messageText, " ")}`;
    });
  });
  expect(complaints).toEqual([]);
});
