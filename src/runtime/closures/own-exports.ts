/**
 * What `import "tjulia"` gives, as values and by name. The names of the runtime are at hand in every process; the others come with the whole
 * library, which is loaded when one of them is asked for, and not before: it has the arrays too.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Boot from "../../boot.ts";
import { packageRoot } from "../../package.ts";

const require = createRequire(import.meta.url);
const libraryFile = join(packageRoot, "dist", "index.cjs");

type Exports = Readonly<Record<string, unknown>>;

let atHand: Exports = {};

/** Called once, by the layer that has them all. */
export function setExportsAtHand(exports: Exports): void {
  atHand = exports;
}

/** The export of that name, undefined when there is none. */
export function ownExport(name: string): unknown {
  return Object.hasOwn(atHand, name) ? atHand[name] : library()[name];
}

/** All exports that a value of this process can be: those of the whole library only once that is loaded. */
export function knownExports(): Exports {
  return require.cache[libraryFile]?.loaded ? library() : atHand;
}

/** Loads the whole library. */
export function loadLibrary(): void {
  library();
}

/** With the code that was kept from earlier runs, in a process that was started with it (boot.ts). */
function library(): Exports {
  const boot = require.cache[join(packageRoot, "dist", "boot.cjs")]?.exports as typeof Boot | undefined;
  return (boot ? boot.load("index.cjs") : require(libraryFile)) as Exports;
}
