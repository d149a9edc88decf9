/** Where this package is installed and which version it is. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that has our package.json: two or three above this file, in the sources and in the bundles. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)));

export const version: string = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")).version;

/** The file that a worker runs. */
export const workerFile = join(packageRoot, "dist", "worker.cjs");

function findRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  return parent === folder ? folder : findRoot(parent);
}

/**
 * Flags for the Node of a worker: without this one Node ends the process when the inspector stops code in a timer
 * ("async hook stack has become corrupted").
 */
export const workerNodeFlags: readonly string[] = ["--no-force-async-hooks-checks"];

/** The words that start a worker on this host. */
export function workerCommand(exename: string, exeflags: readonly string[]): string[] {
  return [exename, ...workerNodeFlags, ...exeflags, workerFile, "--worker"];
}
