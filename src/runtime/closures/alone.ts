/**
 * Modules that load nothing but parts of Node and our own package. On Node 20, where our loader runs on a thread that takes longer to start than a
 * process, such a driver is imported without it (lone-driver.ts).
 */
import { isBuiltin } from "node:module";
import type { ScopeReader } from "./reader/reader.ts";
import type { Mark } from "./rewrite.ts";

/** Where our own modules lie, by their names; undefined for others. */
export type OwnUrl = (specifier: string) => string | undefined;

/** Ways to load a module that no import statement tells of. */
const LOADING_NAMES = new Set(["require", "eval", "Function"]);
const LOADING_MODULES = /^(?:node:)?(?:module|vm|worker_threads|repl)$/;
const PLAIN_META = /^import\s*\.\s*meta\s*\.\s*(?:url|filename|dirname|main)\b(?!\s*\()/;

/** `reader` has read the module `code`. */
export function isAlone(code: string, reader: ScopeReader, ownUrl: OwnUrl): boolean {
  return (
    reader.dynamicImports.length === 0 &&
    !code.includes("getBuiltinModule") &&
    !reader.scope.references.some(({ name }) => LOADING_NAMES.has(name)) &&
    reader.metas.every(([from]) => PLAIN_META.test(code.slice(from, from + 60))) &&
    reader.specifiers.every(({ specifier }) =>
      isBuiltin(specifier) ? !LOADING_MODULES.test(specifier) : ownUrl(specifier) !== undefined,
    )
  );
}

/** Lets "tjulia" be found from a module that has no place: `"tjulia"` is `"file:///…/index.js#tjulia"`. */
export function markOwnImports(reader: ScopeReader, ownUrl: OwnUrl, mark: Mark): void {
  for (const { specifier, at } of reader.specifiers) {
    const url = ownUrl(specifier);
    if (url) mark(at, `${url}#`);
  }
}
