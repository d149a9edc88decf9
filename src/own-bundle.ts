/** Loads a bundle of ours by its name, at once; with the code that was kept from earlier runs, in a process that was started with it (boot.ts). */
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Boot from "./boot.ts";
import { packageRoot } from "./package.ts";

/** The files that such a process begins with; of a worker it is the second. */
const BOOTS = ["boot.cjs", "worker.cjs"];

export function loadBundle(name: string): unknown {
  const loaded = createRequire(import.meta.url).cache;
  const file = BOOTS.map((boot) => join(packageRoot, "dist", boot)).find((boot) => loaded[boot]);
  const boot = file === undefined ? undefined : (loaded[file]?.exports as typeof Boot);
  return boot ? boot.load(name) : createRequire(import.meta.url)(join(packageRoot, "dist", name));
}

/** Whether it has been loaded to its end. */
export function isBundleLoaded(name: string): boolean {
  return createRequire(import.meta.url).cache[join(packageRoot, "dist", name)]?.loaded === true;
}
