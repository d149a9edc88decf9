/**
 * The public names as globals: at the prompt, in -e code, in -L files and in drivers, and on workers, where functions look them up. A
 * name costs nothing until it is used: the library is loaded then.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../package.ts";
import { fetch } from "../refs/functions.ts";
import { macroNamespace } from "./macro-namespace.ts";
import { publicNames } from "./public-names.ts";

const require = createRequire(import.meta.url);

/** The library, loaded at first use. */
export function library(): Record<string, unknown> {
  return require(join(packageRoot, "dist", "index.cjs"));
}

/** Julia's own spelling, for code copied from its manual. */
const juliaSpellings: Readonly<Record<string, string>> = {
  remotecall_fetch: "remotecallFetch",
  remotecall_wait: "remotecallWait",
};

let isInstalled = false;

export function installGlobals(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const name of publicNames) if (name !== "fetch") define(name, name);
  // At once, because the library takes what is there when it is loaded for the web's fetch.
  defineValue("fetch", fetch);
  for (const [spelling, name] of Object.entries(juliaSpellings)) define(spelling, name);
  const $tjulia = macroNamespace(library);
  Object.defineProperty(globalThis, "$tjulia", { value: $tjulia, configurable: true, writable: true });
}

function define(global: string, name: string): void {
  Object.defineProperty(globalThis, global, {
    get() {
      const value = library()[name];
      defineValue(global, value);
      return value;
    },
    set: (value: unknown) => defineValue(global, value),
    configurable: true,
    enumerable: false,
  });
}

function defineValue(global: string, value: unknown): void {
  Object.defineProperty(globalThis, global, { value, writable: true, configurable: true, enumerable: false });
}
