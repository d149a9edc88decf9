/**
 * The driver when it is in no file: the code of `-e` and standard input. It resolves its imports against the working directory, and its stacks
 * say `[eval]:line:column`. Most of it loads no module by itself and is plain JavaScript: it is imported without our loader, which on
 * Node 20 is a thread that costs as much as another process, and without the compiler.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installHelpers } from "./babel-helpers.ts";
import { loadJavaScript, loadTypeScript } from "./load.ts";
import { importUnder } from "./lone-driver.ts";
import { importModule, type ModuleNamespace, setDriver } from "./modules.ts";
import { addSource, allowRegistration, recordOf } from "./records.ts";
import { installStacks } from "./stacks.ts";
import { mayHaveTypeArguments } from "./type-arguments.ts";
import { addVirtualSource, mayLoadModules } from "./virtual.ts";

/** Imports the text, TypeScript or JavaScript, as the driver. */
export async function importText(text: string, name = "[eval]"): Promise<ModuleNamespace> {
  const url = pathToFileURL(join(process.cwd(), name)).href;
  setDriver(url);
  if (mayLoadModules(text)) {
    addVirtualSource(url, text);
    return importModule(url);
  }
  allowRegistration();
  installStacks();
  return mayHaveTypeArguments(text) ? importTypeScript(url, text) : importAnyScript(url, text);
}

async function importAnyScript(url: string, text: string): Promise<ModuleNamespace> {
  try {
    const { code, source } = loadJavaScript(url, text, "module", true);
    addSource(url, source);
    return await importUnder(url, code);
  } catch (error) {
    // It has a record as soon as it runs: what is thrown then is its own.
    if (!(error instanceof SyntaxError) || recordOf(url)) throw error;
    return importTypeScript(url, text);
  }
}

function importTypeScript(url: string, text: string): Promise<ModuleNamespace> {
  const { code, source, usesHelpers } = loadTypeScript(url, true, text);
  if (usesHelpers) installHelpers();
  addSource(url, source);
  return importUnder(url, code);
}
