/**
 * The public names as globals: at the prompt, in -e code, in -L files and in drivers, and on workers, where functions look them up. A
 * name costs nothing until it is used: the library is loaded then.
 */
import { ownExport } from "../closures/own-exports.ts";
import { fetch } from "../refs/functions.ts";
import { juliaSpellings } from "./julia-spellings.ts";
import { macroNamespace } from "./macro-namespace.ts";
import { publicNames } from "./public-names.ts";

let isInstalled = false;

export function installGlobals(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const name of publicNames) if (name !== "fetch") define(name, name);
  // At once, because the library takes what is there when it is loaded for the web's fetch.
  defineValue("fetch", fetch);
  for (const [spelling, name] of Object.entries(juliaSpellings)) define(spelling, name);
  const $tjulia = macroNamespace(ownExport);
  Object.defineProperty(globalThis, "$tjulia", { value: $tjulia, configurable: true, writable: true });
}

function define(global: string, name: string): void {
  Object.defineProperty(globalThis, global, {
    get() {
      const value = ownExport(name);
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
