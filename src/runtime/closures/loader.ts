/**
 * Puts our loader in place, at the first module of the user: TypeScript, our own package from anywhere, and what rewrite.ts adds. On this
 * thread where Node can do that (22.15 and later), else on the loader thread of Node 20 (hooks-thread.ts).
 */
import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { readyImport } from "../../native-import.ts";
import { packageRoot } from "../../package.ts";
import { installHelpers } from "./babel-helpers.ts";
import { letRequireResolve, requireTypeScript } from "./commonjs.ts";
import { driver, isDriverUrl } from "./driver.ts";
import type { ThreadData, ThreadNews } from "./hooks-thread.ts";
import { COMPILED, jsonModule, type LoadedModule, loadJavaScript, loadTypeScript } from "./load.ts";
import { addSource, allowRegistration, arrivedSources } from "./records.ts";
import { firstFile, isOwnFile, ownFile, ownUse, readImportKey, typeScriptFile } from "./resolve.ts";
import { isSent, type SentModule, sentModule, sentTarget } from "./sent-modules.ts";
import { installStacks } from "./stacks.ts";
import { mappedPaths } from "./tsconfig.ts";
import { virtualSource } from "./virtual.ts";

interface SyncHooks {
  resolve(specifier: string, context: ResolveContext, next: NextResolve): Resolved;
  load(url: string, context: LoadContext, next: NextLoad): Loaded;
}
interface ResolveContext {
  parentURL?: string | undefined;
  conditions?: readonly string[];
}
interface Resolved {
  url: string;
  format?: string | null | undefined;
  shortCircuit?: boolean;
}
type NextResolve = (specifier: string, context?: object) => Resolved;
interface LoadContext {
  format?: string | null | undefined;
  importAttributes?: Record<string, string>;
}
interface Loaded {
  format: string | null | undefined;
  source?: string | ArrayBuffer | Uint8Array | null | undefined;
  shortCircuit?: boolean;
}
type NextLoad = (url: string, context?: object) => Loaded;

/** Packages that we have ourselves are found from here. */
const ownParent = pathToFileURL(join(packageRoot, "package.json")).href;

let isInstalled = false;

const { registerHooks } = nodeModule as unknown as { registerHooks?: (hooks: SyncHooks) => void };
export function installLoader(): void {
  if (isInstalled) return;
  isInstalled = true;
  allowRegistration();
  installHelpers();
  installStacks();
  readyImport();
  if (!registerHooks) return installThread();
  registerHooks({ resolve, load });
  if (Number.parseInt(process.versions.node, 10) < 24) letRequireResolve();
}

function installThread(): void {
  const { MessageChannel, receiveMessageOnPort } = process.getBuiltinModule("node:worker_threads");
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  const data: ThreadData = { port: port2, isFirstDriver: driver.isFirst };
  nodeModule.register(pathToFileURL(join(packageRoot, "dist", "hooks-thread.mjs")).href, {
    data,
    transferList: [port2],
  });
  arrivedSources.take = () => {
    for (let message = receiveMessageOnPort(port1); message; message = receiveMessageOnPort(port1)) {
      const { url, source } = message.message as ThreadNews;
      addSource(url, source);
    }
  };
  requireTypeScript((url) => isDriverUrl(url) || isMainFile(url));
}

function isMainFile(url: string): boolean {
  return driver.isFirst && process.argv[1] !== undefined && url === pathToFileURL(process.argv[1]).href;
}

function resolve(specifier: string, context: ResolveContext, next: NextResolve): Resolved {
  const isRequire = context.conditions?.includes("require") === true;
  const own = ownFile(specifier, isRequire);
  if (own) return { url: own, format: own.endsWith("cjs") ? "commonjs" : "module", shortCircuit: true };
  const key = readImportKey(specifier);
  if (key)
    return resolve(key.specifier, { ...context, parentURL: key.parent }, (s, c) =>
      next(s, { ...context, parentURL: key.parent, ...c }),
    );
  if (virtualSource(specifier)) return { url: specifier, format: "module", shortCircuit: true };
  const { parentURL } = context;
  const target = isSent(specifier) ? specifier : sentTarget(specifier, parentURL);
  if (target?.startsWith("own:")) return next(target.slice(4), { ...context, parentURL: ownParent });
  if (target) return known(target);
  const found = typeScriptFile(specifier, parentURL);
  const resolved = found ? known(found) : resolveByNode(specifier, context, next);
  if (driver.isFirst && parentURL === undefined && resolved.url.startsWith("file:")) {
    driver.isFirst = false;
    driver.url = resolved.url;
  }
  return resolved;
}

function known(url: string): Resolved {
  return COMPILED.test(url.split("?")[0] as string)
    ? { url, format: "module", shortCircuit: true }
    : { url, shortCircuit: true };
}

function resolveByNode(specifier: string, context: ResolveContext, next: NextResolve): Resolved {
  try {
    return next(specifier, context);
  } catch (error) {
    const { parentURL } = context;
    const code = (error as { code?: string }).code ?? "";
    const mayBeMapped = /^(?:ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|ERR_PACKAGE_IMPORT_NOT_DEFINED)$/.test(code);
    if (!mayBeMapped || !parentURL?.startsWith("file:") || /^\.{0,2}\//.test(specifier)) throw error;
    const file = firstFile(mappedPaths(specifier, fileURLToPath(parentURL)));
    if (!file) throw error;
    return known(file);
  }
}

function load(url: string, context: LoadContext, next: NextLoad): Loaded {
  const text = virtualSource(url);
  if (text !== undefined) return loaded(url, loadTypeScript(url, isDriverUrl(url), text));
  if (isOwnFile(url)) ownUse.before();
  if (!url.startsWith("file:") || isOwnFile(url)) return next(url, context);
  const sent = sentModule(url);
  if (sent) return loadedSent(url, sent, context);
  const file = url.replace(/[?#].*$/, "");
  if (COMPILED.test(file)) return loaded(url, loadTypeScript(file, isDriverUrl(url)));
  if (file.endsWith(".json") && !context.importAttributes?.type && context.format !== "commonjs") {
    if (context.format === "json" && context.importAttributes === undefined) return next(url, context);
    return { format: "module", source: jsonModule(readFileSync(fileURLToPath(file), "utf8")), shortCircuit: true };
  }
  const result = next(url, context);
  if (
    (result.format !== "module" && result.format !== "commonjs") ||
    result.source === null ||
    result.source === undefined
  )
    return result;
  const code =
    typeof result.source === "string" ? result.source : Buffer.from(result.source as Uint8Array).toString("utf8");
  return { ...result, ...loaded(url, loadJavaScript(url, code, result.format, isDriverUrl(url))) };
}

function loadedSent(url: string, { format, code, source }: SentModule, context: LoadContext): Loaded {
  if (source) addSource(url, source);
  if (format !== "json") return { format, source: code, shortCircuit: true };
  const isJson = context.importAttributes?.type !== undefined || context.format === "json";
  return isJson
    ? { format: "json", source: code, shortCircuit: true }
    : { format: "module", source: jsonModule(code), shortCircuit: true };
}

function loaded(url: string, { format, code, source }: LoadedModule): Loaded {
  addSource(url, source);
  return { format, source: code, shortCircuit: true };
}
