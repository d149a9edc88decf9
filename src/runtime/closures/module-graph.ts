/**
 * A module with all that it imports, as it can be sent to a host where the files are missing: which modules there are, where each of
 * their imports leads, and their code, compiled. Made where the files are; sent-modules.ts uses it on the other side.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nativeImport } from "../../native-import.ts";
import { packageRoot } from "../../package.ts";
import { COMPILED, hasModuleSyntax, type LoadedModule, loadJavaScript, loadTypeScript } from "./load.ts";
import { installLoader } from "./loader.ts";
import { importKey, isOwnFile, ownFile, packageType, typeScriptFile } from "./resolve.ts";
import type { ModuleFormat } from "./rewrite.ts";
import type { GraphModule, ModuleGraph, SentModule } from "./sent-modules.ts";

/** Packages that every tjulia has itself: two copies of their classes would not know each other. */
const SHARED_PACKAGE = /^numpy-ts(\/|$)/;

interface Prepared {
  readonly module: GraphModule;
  readonly text: string;
  readonly stamp: string;
}

const prepared = new Map<string, Prepared>();

/** The module that `key` (a URL, or a key of importKey) leads to, and all that it imports, in any order. */
export async function moduleGraph(key: string): Promise<ModuleGraph> {
  const resolve = await resolver();
  const root = resolve(key);
  const modules: GraphModule[] = [];
  const seen = new Set([root]);
  for (const url of seen) {
    if (!url.startsWith("file:") || isOwnFile(url) || !/\.(?:[cm]?[jt]s|[jt]sx|json)$/.test(url)) continue;
    const { module } = await prepare(url, resolve);
    modules.push(module);
    for (const target of Object.values(module.imports)) seen.add(target);
  }
  return { root, modules };
}

/** The modules themselves, as SentModule in JSON; after moduleGraph. */
export function moduleTexts(urls: readonly string[]): string[] {
  return urls.map((url) => {
    const found = prepared.get(url);
    if (!found) throw new Error(`${url} was not asked about before`);
    return found.text;
  });
}

/** A module that answers. */
const asker = "data:text/javascript,export const resolve = (key) => import.meta.resolve(key)";

type Resolve = (key: string) => string;
let resolving: Promise<Resolve> | undefined;

/** Resolves as an import does, our own loader included; only a module can ask for that. */
function resolver(): Promise<Resolve> {
  installLoader();
  resolving ??= nativeImport(asker).then(({ resolve }) => resolve as Resolve);
  return resolving;
}

async function prepare(url: string, resolve: Resolve): Promise<Prepared> {
  const path = fileURLToPath(url);
  const { mtimeMs, size } = statSync(path);
  const stamp = `${mtimeMs} ${size}`;
  const known = prepared.get(url);
  if (known?.stamp === stamp) return known;
  const raw = readFileSync(path);
  const sent = load(url, path, raw.toString("utf8"));
  const text = JSON.stringify(sent);
  const imports: Record<string, string> = {};
  for (const specifier of await specifiersOf(sent)) {
    const target = targetOf(specifier, url, sent.format === "commonjs", resolve);
    if (target) imports[specifier] = target;
  }
  const made = { module: { url, content: hash(raw), text: hash(text), imports }, text, stamp };
  prepared.set(url, made);
  return made;
}

function load(url: string, path: string, text: string): SentModule {
  if (path.endsWith(".json")) return { format: "json", code: text };
  const loaded: LoadedModule = COMPILED.test(path)
    ? loadTypeScript(url, false)
    : loadJavaScript(url, text, formatOf(path, text), false);
  return { format: loaded.format, code: loaded.code, source: loaded.source };
}

function formatOf(path: string, text: string): ModuleFormat {
  if (path.endsWith(".mjs")) return "module";
  if (path.endsWith(".cjs")) return "commonjs";
  const type = packageType(path);
  if (type === "module" || type === "commonjs") return type;
  return hasModuleSyntax(text) ? "module" : "commonjs";
}

/** The words in its imports and calls of `require`, where they are plain text. */
async function specifiersOf({ format, code }: SentModule): Promise<Set<string>> {
  const found = new Set<string>();
  if (format === "json") return found;
  if (format === "commonjs") {
    for (const [, specifier] of code.matchAll(/\brequire\s*\(\s*["']([^"'\n]+)["']\s*\)/g))
      found.add(specifier as string);
  }
  const lexer = await import("es-module-lexer");
  await lexer.init();
  try {
    for (const entry of lexer.parse(code)[0]) {
      if ("specifier" in entry && entry.specifier) found.add(entry.specifier);
    }
  } catch {
    // Not all CommonJS can be read this way; what it requires has been found.
  }
  return found;
}

/** Where the import leads: a file, or `own:` and a name of a package that the other side has itself. Undefined: it finds it alike. */
function targetOf(specifier: string, parent: string, isRequire: boolean, resolve: Resolve): string | undefined {
  if (isBuiltin(specifier) || ownFile(specifier, isRequire)) return undefined;
  try {
    const target = isRequire ? requireTarget(specifier, parent) : resolve(importKey(specifier, parent));
    if (!target.startsWith("file:")) return undefined;
    return SHARED_PACKAGE.test(specifier) && target === ownCopy(specifier, resolve) ? `own:${specifier}` : target;
  } catch {
    // The import fails there as it does here.
    return undefined;
  }
}

function requireTarget(specifier: string, parent: string): string {
  const found = typeScriptFile(specifier, parent);
  return found ?? pathToFileURL(createRequire(parent).resolve(specifier)).href;
}

function ownCopy(specifier: string, resolve: Resolve): string | undefined {
  try {
    return resolve(importKey(specifier, pathToFileURL(join(packageRoot, "package.json")).href));
  } catch {
    return undefined;
  }
}

function hash(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}
