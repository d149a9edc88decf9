/** Loading code: include (here only), using (everywhere, names here), and the files of `-L` (everywhere, names everywhere). */
import { addReferenceNames } from "../closures/everywhere-names.ts";
import { importModule, resolveModule } from "../closures/modules.ts";
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
  const url = await resolveModule(path, callerUrl());
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
  const url = await resolveModule(path, callerUrl());
  await everywhere(loadModule, { args: [url] });
  return bring(url);
}

/** Loads a file on every process and makes its exports names on each of them: `-L`. */
export async function loadEverywhere(url: string): Promise<void> {
  await everywhere(loadAndDefine, { args: [url] });
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
