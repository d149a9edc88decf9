/** Node's child_process, loaded when something is first started: workers, which start nothing, do without. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export function processModule(): typeof import("node:child_process") {
  return require("node:child_process");
}
