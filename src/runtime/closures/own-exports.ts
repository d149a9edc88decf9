/**
 * What `import "tjulia"` gives, as values and by name. The names of the runtime are at hand in every process; the others come with the whole
 * library, which is loaded when one of them is asked for, and not before: it has the arrays too.
 */
import { isBundleLoaded, loadBundle } from "../../own-bundle.ts";

const LIBRARY = "index.cjs";

type Exports = Readonly<Record<string, unknown>>;

let atHand: Exports = {};
let whole: Exports | undefined;

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
  if (!whole && isBundleLoaded(LIBRARY)) whole = library();
  return whole ?? atHand;
}

/** Loads the whole library. */
export function loadLibrary(): void {
  library();
}

function library(): Exports {
  return loadBundle(LIBRARY) as Exports;
}
