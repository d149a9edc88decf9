/**
 * The loader of Node 20, on the thread that Node runs it on. Built into a file of its own. It does what loader.ts does on newer versions, and
 * sends what it knows about the sources to the main thread.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { MessagePort } from "node:worker_threads";
import { packageRoot } from "../../package.ts";
import { moduleAround } from "./commonjs-module.ts";
import { COMPILED, jsonModule, type LoadedModule, loadJavaScript, loadTypeScript } from "./load.ts";
import type { LoadedSource } from "./records.ts";
import { firstFile, isOwnFile, ownFile, readImportKey, typeScriptFile } from "./resolve.ts";
import { isSent, type SentModule, sentModule, sentTarget, useGraph } from "./sent-modules.ts";
import { mappedPaths } from "./tsconfig.ts";

export interface ThreadData {
  readonly port: MessagePort;
  readonly isFirstDriver: boolean;
}

export interface ThreadNews {
  readonly url: string;
  readonly source: LoadedSource;
}

interface Resolved {
  url: string;
  format?: string | null | undefined;
  shortCircuit?: boolean;
}
interface Context {
  parentURL?: string | undefined;
  conditions?: readonly string[];
  format?: string | null | undefined;
  importAttributes?: Record<string, string>;
}
interface Loaded {
  format: string | null | undefined;
  source?: string | Uint8Array | null | undefined;
  shortCircuit?: boolean;
}

/** Packages that we have ourselves are found from here. */
const ownParent = pathToFileURL(join(packageRoot, "package.json")).href;

let port: MessagePort;
let driver: string | undefined;
let isFirstDriver = false;
/** The text of modules that are no files, by URL: it comes with the specifier. */
const virtual = new Map<string, string>();

export function initialize(data: ThreadData): void {
  port = data.port;
  isFirstDriver = data.isFirstDriver;
}

export async function resolve(
  specifier: string,
  context: Context,
  next: (specifier: string, context?: Context) => Promise<Resolved>,
): Promise<Resolved> {
  const own = ownFile(specifier, context.conditions?.includes("require") === true);
  if (own) return { url: own, format: own.endsWith("cjs") ? "commonjs" : "module", shortCircuit: true };
  if (specifier.startsWith("tjl:")) return resolveKey(specifier, context, next);
  const { parentURL } = context;
  const target = isSent(specifier) ? specifier : sentTarget(specifier, parentURL);
  if (target?.startsWith("own:")) return next(target.slice(4), { ...context, parentURL: ownParent });
  if (target) return { url: target, shortCircuit: true };
  const found = typeScriptFile(specifier, parentURL);
  const resolved = found ? { url: found, shortCircuit: true } : await resolveByNode(specifier, context, next);
  if (isFirstDriver && parentURL === undefined && resolved.url.startsWith("file:")) {
    isFirstDriver = false;
    driver = resolved.url;
  }
  return resolved;
}

function resolveKey(
  specifier: string,
  context: Context,
  next: (specifier: string, context?: Context) => Promise<Resolved>,
): Promise<Resolved> {
  const [path, query] = specifier.slice(4).split("?") as [string, string];
  const target = decodeURIComponent(path);
  if (query === "driver") {
    driver = target;
    return resolve(target, context, next);
  }
  if (query.startsWith("graph=")) {
    useGraph(decodeURIComponent(query.slice(6)));
    return resolve(target, { ...context, parentURL: undefined }, next);
  }
  if (query.startsWith("source=")) {
    virtual.set(target, decodeURIComponent(query.slice(7)));
    driver = target;
    return Promise.resolve({ url: target, format: "module", shortCircuit: true });
  }
  const parentURL = readImportKey(specifier)?.parent;
  return resolve(target, { ...context, parentURL }, (s, c) => next(s, { ...context, ...c, parentURL }));
}

async function resolveByNode(
  specifier: string,
  context: Context,
  next: (specifier: string, context?: Context) => Promise<Resolved>,
): Promise<Resolved> {
  try {
    return await next(specifier, context);
  } catch (error) {
    const { parentURL } = context;
    const code = (error as { code?: string }).code ?? "";
    const mayBeMapped = code === "ERR_MODULE_NOT_FOUND" || code === "ERR_PACKAGE_IMPORT_NOT_DEFINED";
    if (!mayBeMapped || !parentURL?.startsWith("file:") || /^\.{0,2}\//.test(specifier)) throw error;
    const file = firstFile(mappedPaths(specifier, fileURLToPath(parentURL)));
    if (!file) throw error;
    return { url: file, shortCircuit: true };
  }
}

export async function load(
  url: string,
  context: Context,
  next: (url: string, context?: Context) => Promise<Loaded>,
): Promise<Loaded> {
  const text = virtual.get(url);
  if (text !== undefined) return loaded(url, loadTypeScript(url, true, text));
  if (!url.startsWith("file:") || isOwnFile(url)) return next(url, context);
  const sent = sentModule(url);
  if (sent) return loadedSent(url, sent, context);
  const file = url.replace(/[?#].*$/, "");
  if (COMPILED.test(file)) {
    const module = loadTypeScript(file, url === driver);
    // `require` compiles it again, in commonjs.ts.
    if (module.format === "commonjs") {
      return { format: "module", source: moduleAround(fileURLToPath(file), module.code), shortCircuit: true };
    }
    return loaded(url, module);
  }
  if (file.endsWith(".json") && !context.importAttributes?.type) {
    return { format: "module", source: jsonModule(readFileSync(fileURLToPath(file), "utf8")), shortCircuit: true };
  }
  const result = await next(url, context);
  if (result.format !== "module" || result.source === null || result.source === undefined) return result;
  const code = typeof result.source === "string" ? result.source : Buffer.from(result.source).toString("utf8");
  return { ...result, ...loaded(url, loadJavaScript(url, code, "module", url === driver)) };
}

function loadedSent(url: string, { format, code, source }: SentModule, context: Context): Loaded {
  if (source) port.postMessage({ url, source } satisfies ThreadNews);
  if (format !== "json") return { format, source: code, shortCircuit: true };
  return context.importAttributes?.type
    ? { format: "json", source: code, shortCircuit: true }
    : { format: "module", source: jsonModule(code), shortCircuit: true };
}

function loaded(url: string, { format, code, source }: LoadedModule): Loaded {
  port.postMessage({ url, source } satisfies ThreadNews);
  return { format, source: code, shortCircuit: true };
}
