/**
 * The driver where our loader is a thread (Node 20), when it loads nothing that needs it (alone.ts): it is compiled here and imported as a text, under
 * the name of its file.
 */
import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import { nativeImport } from "../../native-import.ts";
import { installHelpers } from "./babel-helpers.ts";
import { COMPILED, type LoadedModule, loadJavaScript, loadTypeScript } from "./load.ts";
import { installLoader } from "./loader.ts";
import { importModule, type ModuleNamespace } from "./modules.ts";
import { addSource, allowRegistration, recordOf, registerUnder } from "./records.ts";
import { ownFile, ownUse, packageType } from "./resolve.ts";
import { installStacks } from "./stacks.ts";

/** A longer text is better read by Node. */
const LONGEST = 2 ** 18;

const prepared = new Map<string, LoadedModule>();

/**
 * Compiles it, when it can be imported without our loader; else installs that. Before `importDriver`. Whatever of our own package it loads is then
 * announced by `ownUse`: here and now, where our loader is a thread that has no other way to tell.
 */
export function prepareDriver(url: string): void {
  if ("registerHooks" in nodeModule) return installLoader();
  const module = load(url);
  if (module?.isAlone && module.format === "module" && module.code.length <= LONGEST) {
    prepared.set(url, module);
    allowRegistration();
    installStacks();
    if (module.code.includes(`${ownUrl("tjulia")}#`)) ownUse.before();
  } else {
    ownUse.before();
    installLoader();
  }
}

function ownUrl(specifier: string): string | undefined {
  return ownFile(specifier, false);
}

function load(url: string): LoadedModule | undefined {
  try {
    if (COMPILED.test(url)) return loadTypeScript(url, true, undefined, ownUrl);
    const path = fileURLToPath(url);
    if (!path.endsWith(".mjs") && !(path.endsWith(".js") && packageType(path) === "module")) return undefined;
    return loadJavaScript(url, readFileSync(path, "utf8"), "module", true, ownUrl);
  } catch {
    return undefined; // whoever loads it in Node's way says what is wrong
  }
}

/** Imports the driver, with our loader or without. */
export async function importDriver(url: string): Promise<ModuleNamespace> {
  const module = prepared.get(url);
  if (!module) return importModule(url);
  if (module.usesHelpers) installHelpers();
  addSource(url, module.source);
  try {
    return await importUnder(url, module.code);
  } catch (error) {
    // It has a record as soon as it runs: what is thrown then is its own.
    if (!(error instanceof SyntaxError) || recordOf(url)) throw error;
    return importModule(url);
  }
}

/** V8 calls the script by the last line, in stacks and to the inspector. */
export function importUnder(url: string, code: string): Promise<ModuleNamespace> {
  const specifier = `data:text/javascript,${encodeURIComponent(`${code}\n//# sourceURL=${url}`)}`;
  registerUnder(specifier, url);
  return nativeImport<ModuleNamespace>(specifier);
}
