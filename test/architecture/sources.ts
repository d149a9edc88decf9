/** Reads the sources for the architecture tests: their files, their imports, their syntax trees. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { root } from "../support/run-tjl.ts";

export interface SourceFile {
  /** Relative to src, with forward slashes. */
  path: string;
  text: string;
  lines: number;
  tree: ts.SourceFile;
  /** Relative imports of any kind: static, type-only, dynamic, require; as paths relative to src. */
  imports: string[];
}

export const sources: SourceFile[] = readdirSync(join(root, "src"), { recursive: true })
  .map((name) => String(name).replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, "src", path), "utf8");
    const imports = ts
      .preProcessFile(text, true, true)
      .importedFiles.map((file) => file.fileName)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => relative(".", join(dirname(path), specifier)).replaceAll("\\", "/"));
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    return { path, text, lines: text.split("\n").length - 1, tree, imports };
  });

/** Every node of a file for which `test` holds, as "path:line". */
export function places(file: SourceFile, test: (node: ts.Node) => boolean): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (test(node)) found.push(`${file.path}:${file.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    ts.forEachChild(node, visit);
  };
  visit(file.tree);
  return found;
}
