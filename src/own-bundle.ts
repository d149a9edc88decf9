/** Loads a bundle of ours by its name, at once; with the code that was kept from earlier runs, in a process that was started with it (boot.ts). */
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Boot from "./boot.ts";
import { packageRoot } from "./package.ts";

const require = createRequire(import.meta.url);

/** The files that such a process begins with; of a worker it is the second. */
const BOOTS = ["boot.cjs", "worker.cjs"];

export function loadBundle(name: string): unknown {
  const file = BOOTS.map((boot) => join(packageRoot, "dist", boot)).find((boot) => require.cache[boot]);
  const boot = file === undefined ? undefined : (require.cache[file]?.exports as typeof Boot);
  return boot ? boot.load(name) : require(join(packageRoot, "dist", name));
}

/** Whether it has been loaded to its end. */
export function isBundleLoaded(name: string): boolean {
  return require.cache[join(packageRoot, "dist", name)]?.loaded === true;
}
