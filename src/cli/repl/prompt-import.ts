/** What stands behind `import` statements of the prompt: loads the module, checks that the names are there. */
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import { nearest } from "../nearest.ts";
import { PROMPT_FILE } from "./entry-log.ts";
import { IMPORT_KEY, META_KEY } from "./rewrite.ts";

type LoadModule = (specifier: string, attributes?: object) => Promise<Record<string, unknown>>;

/** `prepareLoader` makes Node's loader know TypeScript; it is awaited before the first module is loaded. */
export function installPromptImport(prepareLoader: () => Promise<void> | void): void {
  let load: LoadModule | undefined;
  define(IMPORT_KEY, async (specifier: string, names: readonly string[], attributes?: object) => {
    const here = new Error().stack?.split("\n").filter((frame) => frame.includes(`at ${PROMPT_FILE}/`)) ?? [];
    await prepareLoader();
    load ??= importFromWorkingDirectory();
    const module = await load(specifier, attributes).catch((error) => {
      throw placed(error, specifier, here);
    });
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

/** A module that was not found knows no place of the user's: it gets that of the import. */
function placed(error: unknown, specifier: string, here: readonly string[]): unknown {
  if (!(error instanceof Error) || !String((error as { code?: unknown }).code).endsWith("MODULE_NOT_FOUND"))
    return error;
  const isSpecifier = / imported from \S+\/$/.test(error.message);
  if (!isSpecifier) return error; // an import within the module
  const message = `there is no module ${specifier}${/^[./]/.test(specifier) ? ` (in ${process.cwd()})` : ""}`;
  const told = Object.assign(new Error(message), { stack: `Error: ${message}\n${here.join("\n")}` });
  return Object.defineProperty(told, "code", { value: "ERR_MODULE_NOT_FOUND" });
}

const SHOWN_NAMES = 12;

function missingExport(specifier: string, name: string, module: object): string {
  const has = Object.keys(module).filter((n) => n[0] !== "_");
  const meant = nearest(name, has);
  const others = has.length > SHOWN_NAMES ? `${has.slice(0, SHOWN_NAMES).join(", ")} and more` : has.join(", ");
  const hint = /\.[cm]?tsx?$/.test(specifier)
    ? `; if it is a type, write: import type { ${name} }`
    : meant
      ? `; did you mean ${meant}?`
      : others && `; it has ${others}`;
  return `${specifier} has no export named ${name}${hint}`;
}

function define(key: string, value: unknown): void {
  Object.defineProperty(globalThis, Symbol.for(key), { value, configurable: true });
}
