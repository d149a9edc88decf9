/** The import statements of a module: which name stands for which export of which module. Read at the first capture of its functions. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readImports } from "./reader/reader.ts";
import type { ImportBinding } from "./reader/scope-types.ts";
import { sourceOf } from "./records.ts";
import { importKey } from "./resolve.ts";

export interface ImportReference {
  /** For importModule. */
  readonly key: string;
  /** "default", "*" for all of it, or the name of the export. */
  readonly exported: string;
}

const tables = new Map<string, ReadonlyMap<string, ImportReference>>();

/** The imports of the module at `url`, by their local name. */
export function importsOf(url: string): ReadonlyMap<string, ImportReference> {
  let table = tables.get(url);
  if (!table) {
    table = readTable(url);
    tables.set(url, table);
  }
  return table;
}

function readTable(url: string): ReadonlyMap<string, ImportReference> {
  const code = sourceOf(url)?.code ?? codeOnDisk(url);
  if (code === undefined) return new Map();
  const entries = [...readImports(code)].map(([name, { specifier, exported }]: [string, ImportBinding]) => {
    return [name, { key: importKey(specifier, url), exported }] as const;
  });
  return new Map(entries);
}

/** Without our loader the code that runs is what the file holds. */
export function codeOnDisk(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  try {
    return readFileSync(fileURLToPath(url), "utf8");
  } catch {
    return undefined;
  }
}
