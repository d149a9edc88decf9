/**
 * `import()` for our own use, from a file that is always compiled anew: V8 does not know whom to ask for a module when the code that does
 * so was kept from an earlier run (boot.ts).
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "./package.ts";

let load: ((specifier: string) => Promise<unknown>) | undefined;

export function nativeImport<T = Record<string, unknown>>(specifier: string): Promise<T> {
  load ??= loadImport();
  return load(specifier) as Promise<T>;
}

/**
 * Before hooks of modules are installed: what Node 22 imports from a file that came through them has a `require` that fails, and a driver that uses
 * nothing of ours would load all of it for this one file.
 */
export function readyImport(): void {
  load ??= loadImport();
}

function loadImport(): typeof load & {} {
  return createRequire(import.meta.url)(join(packageRoot, "dist", "import.cjs"));
}
