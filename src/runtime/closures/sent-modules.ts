/**
 * Modules whose files are not on this host: they came from the process that has them (module-graph.ts), are kept in the cache under
 * the hash of their code, and are loaded under their own URLs, so that stacks and references say what they say elsewhere. A file that this
 * host has with the same content is used as it is. Also part of the loader thread of Node 20, which reads the same files.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writableCache } from "../../cache-folder.ts";
import { packageRoot } from "../../package.ts";
import { crypto } from "../wire/crypto.ts";
import { COMPILED } from "./load.ts";
import type { LoadedSource } from "./records.ts";
import type { ModuleFormat } from "./rewrite.ts";

/** One module of a graph. */
export interface GraphModule {
  readonly url: string;
  /** The hash of the file. */
  readonly content: string;
  /** The hash of the SentModule, as JSON. */
  readonly text: string;
  /** Where its imports lead, as far as the other side would not find that itself. */
  readonly imports: Readonly<Record<string, string>>;
}

export interface ModuleGraph {
  readonly root: string;
  readonly modules: readonly GraphModule[];
}

/** What is sent of a module: code that is ready to run. */
export interface SentModule {
  readonly format: ModuleFormat | "json";
  readonly code: string;
  readonly source?: LoadedSource;
}

/** Asks the process that has the files. */
export interface ModuleSource {
  graph(key: string): Promise<ModuleGraph>;
  texts(urls: readonly string[]): Promise<readonly string[]>;
}

/** A graph as it is kept here: where imports lead, and which modules are loaded from which files of the cache. */
interface KeptGraph {
  readonly links: readonly [parent: string, specifier: string, target: string][];
  readonly sent: readonly [url: string, file: string][];
}

const links = new Map<string, string>();
const files = new Map<string, string>();

/** Where the import leads when it is one of a module that was sent; a URL, or `own:` and a package of ours. */
export function sentTarget(specifier: string, parent: string | undefined): string | undefined {
  return parent === undefined || links.size === 0 ? undefined : links.get(`${parent}\0${specifier}`);
}

/** The module, when it was sent. */
export function sentModule(url: string): SentModule | undefined {
  const file = files.get(url);
  return file === undefined ? undefined : (JSON.parse(readFileSync(file, "utf8")) as SentModule);
}

export function isSent(url: string): boolean {
  return files.has(url);
}

/** Takes a graph into use that `fetchModules` has kept. */
export function useGraph(file: string): void {
  const kept = JSON.parse(readFileSync(file, "utf8")) as KeptGraph;
  for (const [parent, specifier, target] of kept.links) links.set(`${parent}\0${specifier}`, target);
  for (const [url, path] of kept.sent) files.set(url, path);
}

/**
 * Makes sure that the module can be loaded here. Gives the URL to import, and the file of its graph where modules had to come from the
 * source.
 */
export async function fetchModules(key: string, source: ModuleSource): Promise<{ url: string; graph?: string }> {
  const { root, modules } = await source.graph(key);
  const foreign = modules.filter((module) => !files.has(module.url) && !isUsableHere(module));
  const known = modules.some(({ url }) => files.has(url));
  if (foreign.length === 0 && !known) return { url: root };
  const cache = writableCache("modules");
  const fileOf = ({ text }: GraphModule) => join(cache, `${text}.json`);
  const missing = foreign.filter((module) => !existsSync(fileOf(module)));
  if (missing.length > 0) {
    const texts = await source.texts(missing.map(({ url }) => url));
    for (const [index, module] of missing.entries()) keep(fileOf(module), texts[index] as string);
  }
  const kept: KeptGraph = {
    links: modules.flatMap(({ url, imports }) =>
      Object.entries(imports).map(([specifier, target]) => [url, specifier, target] as const),
    ) as never,
    sent: foreign.map((module) => [module.url, fileOf(module)]),
  };
  const text = JSON.stringify(kept);
  const graph = join(cache, `${hashOf(text)}.graph`);
  if (!existsSync(graph)) keep(graph, text);
  return { url: root, graph };
}

/** Several processes of this host may write the same file at once. */
function keep(file: string, text: string): void {
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, file);
}

/** The same file is here, and so is what it takes to compile it. */
function isUsableHere({ url, content }: GraphModule): boolean {
  try {
    if (COMPILED.test(url) && !canCompile()) return false;
    return hashOf(readFileSync(fileURLToPath(url))) === content;
  } catch {
    return false;
  }
}

let compiles: boolean | undefined;

function canCompile(): boolean {
  try {
    compiles ??= createRequire(join(packageRoot, "package.json")).resolve("oxc-transform") !== "";
  } catch {
    compiles = false;
  }
  return compiles;
}

function hashOf(content: string | Buffer): string {
  return crypto().createHash("sha256").update(content).digest("hex").slice(0, 32);
}
