/**
 * What the user's files became when they were loaded (load.ts), kept from run to run: a file that has not changed needs no compiler, which takes
 * longer to load than the file to run, and need not be read for what rewrite.ts adds. One entry a file, with the text that it was made of. Like
 * the compiled code of our own (boot.ts) it lies in a folder that only this user can write to, and all goes on without it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownCache, removeOld, textHash } from "../../cache-folder.ts";
import { packageRoot } from "../../package.ts";
import type { LoadedModule } from "./load.ts";

/** Says which sources of ours this was built from; set by the build. */
declare const SOURCES: string;

/** Above this, compiling costs more than the compiler's load, and the entry would be large. */
const LARGEST = 2 ** 20;

/** How many files are kept. */
const MOST = 1000;

interface Entry {
  readonly key: string;
  readonly source: string;
  readonly module: LoadedModule;
}

/** What `make` makes of the text of a file; `circumstances` is all else that it depends on. */
export function keptModule(
  path: string,
  source: string,
  circumstances: readonly unknown[],
  make: () => LoadedModule,
): LoadedModule {
  const isOff = typeof SOURCES !== "string" || process.env.NODE_DISABLE_COMPILE_CACHE || source.length > LARGEST;
  const cache = isOff ? undefined : ownCache();
  if (cache === undefined) return make();
  const key = JSON.stringify([SOURCES, packageRoot, process.versions.node, path, ...circumstances]);
  const file = join(cache, "compiled", `${textHash(key)}.json`);
  const known = read(file);
  if (known?.key === key && known.source === source) return known.module;
  const module = make();
  write(file, { key, source, module });
  return module;
}

function read(file: string): Entry | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Entry;
  } catch {
    return undefined; // it is not there, or not whole
  }
}

let isTidy = false;

function write(file: string, entry: Entry): void {
  try {
    const folder = join(file, "..");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isTidy) removeOld(folder, MOST);
    isTidy = true;
    const part = `${file}.${process.pid}.part`;
    writeFileSync(part, JSON.stringify(entry), { mode: 0o600 });
    renameSync(part, file);
  } catch {
    // No place to keep it.
  }
}
