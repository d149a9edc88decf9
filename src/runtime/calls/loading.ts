/** Loading code: include (here only), using (everywhere, names here), and the files of `-L` (everywhere, names everywhere). */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../errors.ts";
import { addReferenceNames } from "../closures/everywhere-names.ts";
import { importModule, resolveModule } from "../closures/modules.ts";
import { typeScriptFile } from "../closures/resolve.ts";
import { self } from "../wire/identity.ts";
import { callerUrl } from "./caller.ts";
import { defineGlobals, everywhere } from "./everywhere.ts";
import { registerService } from "./services.ts";

export type ModuleNamespace = Record<string, unknown>;

/**
 * Loads a file on this process only; its exports become names here. Paths are those of an import in the calling file; at the
 * prompt they start at the working directory.
 *
 * @example
 * await include("./lib.ts");
 */
export async function include(path: string): Promise<ModuleNamespace> {
  const url = await moduleNamed(path, "include");
  return bring(url);
}

/**
 * Loads a module once on every process. Its exports become names on this process only; functions that name them take the module's
 * own export of the process where they run.
 *
 * @example
 * await using("./lib.ts");
 */
export async function using(path: string): Promise<ModuleNamespace> {
  const url = await moduleNamed(path, "using");
  await everywhere(loadModule, { args: [url] });
  return bring(url);
}

/** Loads a file on every process and makes its exports names on each of them: `-L`. */
export async function loadEverywhere(url: string): Promise<void> {
  await everywhere(loadAndDefine, { args: [url] });
}

/** The module that the calling file means. A file that is not there is told once, not by every process. */
async function moduleNamed(path: string, caller: "include" | "using"): Promise<string> {
  const from = callerUrl();
  if (typeof path !== "string") throw new UsageError(`${caller}: expected the path of a file, got ${typeof path}`);
  // `include("lib.ts")` means the file, as in Julia, and no package of that name.
  const besides = /^[^./].*\.(?:[cm]?[jt]s|[jt]sx|json)$/.test(path) && isThere(await resolveModule(`./${path}`, from));
  const url = await resolveModule(besides ? `./${path}` : path, from);
  if (self.pid === 1 && !isThere(url)) throw new UsageError(`${caller}: there is no file ${fileURLToPath(url)}`);
  return url;
}

/** Whether the file is there, under the names that TypeScript users give it too. Packages are looked for when they are imported. */
function isThere(url: string): boolean {
  return !url.startsWith("file:") || existsSync(new URL(url)) || typeScriptFile(url, undefined) !== undefined;
}

async function loadModule(url: string): Promise<void> {
  await importModule(url);
}

async function loadAndDefine(url: string): Promise<void> {
  const { default: _default, ...names } = await importModule(url);
  defineGlobals(names);
}

registerService("loadModule", loadModule);
registerService("loadAndDefine", loadAndDefine);

/** The exports of a module become globals here, and travel as references to it. */
async function bring(url: string): Promise<ModuleNamespace> {
  const namespace = (await importModule(url)) as ModuleNamespace;
  for (const name of Object.keys(namespace)) {
    if (name === "default") continue;
    Object.defineProperty(globalThis, name, {
      get: () => namespace[name],
      set: (value) =>
        Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true }),
      configurable: true,
      enumerable: true,
    });
  }
  addReferenceNames(url, Object.keys(namespace));
  return namespace;
}
