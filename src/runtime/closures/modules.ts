/** Imports modules of the user, with our loader in place. */
import { nativeImport } from "../../native-import.ts";
import { packageRoot } from "../../package.ts";
import { driver, driverSpecifier, graphSpecifier, isDriverUrl } from "./driver.ts";
import { installLoader } from "./loader.ts";
import { importKey } from "./resolve.ts";
import { fetchModules, type ModuleSource, useGraph } from "./sent-modules.ts";

export type ModuleNamespace = Record<string, unknown>;

const imported = new Map<string, ModuleNamespace>();
const underway = new Map<string, Promise<ModuleNamespace>>();

/**
 * Imports a module by its absolute URL, or by a key of `importKey`. TypeScript and CommonJS too, and "tjulia" from anywhere.
 */
export function importModule(url: string): Promise<ModuleNamespace> {
  let promise = underway.get(url);
  if (promise) return promise;
  promise = importWithLoader(url);
  underway.set(url, promise);
  promise.then(
    (namespace) => imported.set(url, namespace),
    () => underway.delete(url),
  );
  return promise;
}

async function importWithLoader(url: string): Promise<ModuleNamespace> {
  installLoader();
  const source = moduleSource();
  const specifier = source && /^(?:file|tjl):/.test(url) ? await fetchedSpecifier(url, source) : url;
  try {
    return await nativeImport<ModuleNamespace>(isDriverUrl(url) ? driverSpecifier(url) : specifier);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw withoutOurName(error);
    const { placed } = await import("./unparsed.ts");
    throw placed(error);
  }
}

const ourFile = ` imported from ${packageRoot}`;

/** "Cannot find module '/x/lib.ts' imported from …": that this file imports it is no news to anybody. */
function withoutOurName(error: unknown): unknown {
  if (!(error instanceof Error) || !String(error.message).includes(ourFile)) return error;
  const cut = (text: string) => text.replace(ourFile + text.split(ourFile)[1]?.split("\n")[0], "");
  error.message = cut(error.message);
  if (error.stack) error.stack = cut(error.stack);
  return error;
}

let moduleSource: () => ModuleSource | undefined = () => undefined;

/** Where modules come from whose files this host may lack; undefined while it has the same files. */
export function setModuleSource(source: typeof moduleSource): void {
  moduleSource = source;
}

/** The specifier to import the module with, once all of it is here. */
async function fetchedSpecifier(key: string, source: ModuleSource): Promise<string> {
  const { url, graph } = await fetchModules(key, source);
  if (!graph) return url;
  useGraph(graph);
  const { letRequireFindSent } = await import("./sent-require.ts");
  letRequireFindSent();
  return graphSpecifier(url, graph);
}

/** The namespace of a module that importModule has imported. */
export function importedModule(url: string): ModuleNamespace | undefined {
  return imported.get(url);
}

/** The absolute URL for an import of `specifier` in the module `parent`; for packages a key that importModule takes. */
export async function resolveModule(specifier: string, parent: string): Promise<string> {
  return importKey(specifier, parent);
}

/** Makes the module at `url` the driver: its functions travel by value. Before it is imported. */
export function setDriver(url: string): void {
  driver.url = url;
}
