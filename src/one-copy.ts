/**
 * Two copies of this package in one process would each be a process 1 of their own, and know nothing of the other's references and classes.
 * The second one refuses to load. It finds the first among the files that are loaded, so that no global is needed to tell of it.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { UsageError } from "./errors.ts";
import { packageRoot } from "./package.ts";

const BUNDLE = /^(.*)[\\/]dist[\\/]chunks[\\/](?:runtime|loading)\.cjs$/;

for (const file of Object.keys(createRequire(import.meta.url).cache)) {
  const root = BUNDLE.exec(file)?.[1];
  if (root === undefined || file.startsWith(packageRoot + sep) || !isOurs(root)) continue;
  throw new UsageError(
    `tjulia is in this process already, from ${root}; the copy in ${packageRoot} cannot be loaded beside it. Import "tjulia" by its name, ` +
      "and see with `npm ls tjulia` why there are two",
  );
}

function isOurs(root: string): boolean {
  try {
    return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).name === "tjulia";
  } catch {
    return false;
  }
}
