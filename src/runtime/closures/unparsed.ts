/**
 * Modules that do not compile or do not link. The compiler of TypeScript says where it stopped; V8 keeps the place to itself, so the file is
 * looked for among those that were loaded and have not begun to run. Only for an error that is about to be shown.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { COMPILED } from "./load.ts";
import { filesNotRun } from "./records.ts";
import { syntaxError, transformSource } from "./transform.ts";
import { virtualSource } from "./virtual.ts";

/** The same error with file, line, column and the line itself, where they can be found. */
export function placed(error: unknown): unknown {
  if (!(error instanceof SyntaxError) || "line" in error) return error;
  const { message } = error;
  const specifier = /requested module '([^']+)'/.exec(message)?.[1];
  const name = /(?:export named|Named export) '([^']+)'/.exec(message)?.[1];
  for (const url of filesNotRun()) {
    const file = url.replace(/[?#].*$/, "");
    const source = textOf(file);
    if (source === undefined) continue;
    const path = fileURLToPath(file);
    const at =
      specifier !== undefined && name !== undefined ? importIn(source, specifier, name) : problemIn(source, path);
    if (at !== undefined) return syntaxError(source, path, message, at);
  }
  return error;
}

function textOf(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  try {
    return virtualSource(url) ?? readFileSync(fileURLToPath(url), "utf8");
  } catch {
    return undefined;
  }
}

/** Where `import { name } from "specifier"` has that name. */
function importIn(source: string, specifier: string, name: string): number | undefined {
  for (const [statement, names] of source.matchAll(/\b(?:im|ex)port\b([^;"'`]*?)\bfrom\s*(["'])(.*?)\2/g)) {
    if (!statement.endsWith(`${specifier}"`) && !statement.endsWith(`${specifier}'`)) continue;
    const inNames = (names as string).split(/([\w$]+)/);
    const index = inNames.indexOf(name);
    if (index >= 0) return source.indexOf(statement) + "import".length + inNames.slice(0, index).join("").length;
    if (name === "default") return source.indexOf(statement);
  }
  return undefined;
}

/** TypeScript that does not parse has been told of by its compiler. */
function problemIn(source: string, path: string): number | undefined {
  if (COMPILED.test(path)) return undefined;
  try {
    transformSource(source, path, { sourceMap: false });
    return undefined;
  } catch (error) {
    const { line, column } = error as { line?: number; column?: number };
    if (line === undefined || column === undefined) return undefined;
    const before = source.split("\n").slice(0, line - 1);
    return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  }
}
