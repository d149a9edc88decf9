/** What stands behind `import` statements of the prompt: loads the module, checks that the names are there. */
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import { PROMPT_FILE } from "./entry-log.ts";
import { IMPORT_KEY, META_KEY } from "./rewrite.ts";

type LoadModule = (specifier: string, attributes?: object) => Promise<Record<string, unknown>>;

/** `prepareLoader` makes Node's loader know TypeScript; it is awaited before the first module is loaded. */
export function installPromptImport(prepareLoader: () => Promise<void> | void): void {
  let load: LoadModule | undefined;
  define(IMPORT_KEY, async (specifier: string, names: readonly string[], attributes?: object) => {
    await prepareLoader();
    load ??= importFromWorkingDirectory();
    const module = await load(specifier, attributes);
    for (const name of names) {
      if (!(name in module)) throw new SyntaxError(missingExport(specifier, name, module));
    }
    return module;
  });
  const filename = `${process.cwd()}/${PROMPT_FILE}`;
  define(META_KEY, { url: pathToFileURL(filename).href, dirname: process.cwd(), filename });
}

/** An `import()` that stands in no file: Node resolves relative specifiers against the working directory. */
function importFromWorkingDirectory(): LoadModule {
  const script = new Script("(specifier, attributes) => import(specifier, attributes && { with: attributes })", {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  return script.runInThisContext();
}

function missingExport(specifier: string, name: string, module: object): string {
  const has = Object.keys(module);
  const others = has.length > 0 ? `; it has ${has.slice(0, 8).join(", ")}${has.length > 8 ? ", …" : ""}` : "";
  const hint = /\.[cm]?tsx?$/.test(specifier) ? ` If it is a type, write: import type { ${name} }` : "";
  return `${specifier} has no export named ${name}${others}.${hint}`;
}

function define(key: string, value: unknown): void {
  Object.defineProperty(globalThis, Symbol.for(key), { value, configurable: true });
}
