/** CommonJS on Node 20, where module hooks do not reach `require`: compiles TypeScript and adds what modules get. */
import nodeModule, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { hasModuleSyntax, loadJavaScript, loadTypeScript } from "./load.ts";
import { addSource } from "./records.ts";
import { isOwnFile, ownFile, ownUse, typeScriptFile } from "./resolve.ts";
import type { ModuleFormat } from "./rewrite.ts";
import { isSent } from "./sent-modules.ts";

interface Internals {
  _extensions: Record<string, (module: CompiledModule, filename: string) => void>;
  _resolveFilename(request: string, parent: { filename?: string } | undefined, ...rest: unknown[]): string;
  prototype: { _compile(this: CompiledModule, content: string, filename: string, ...rest: unknown[]): unknown };
}
type CompiledModule = NodeJS.Module & { _compile(content: string, filename: string): unknown };

export function requireTypeScript(isDriver: (url: string) => boolean): void {
  const internals = nodeModule as unknown as Internals;
  const done = new WeakSet<object>();
  const { _compile: compile } = internals.prototype;

  const loadCompiled = (module: CompiledModule, filename: string): void => {
    const url = pathToFileURL(filename).href;
    const { code, source, format } = loadTypeScript(url, isDriver(url));
    if (format === "module") {
      throw new Error(`require() of the ES module ${filename}: use import, or give it the extension .cts`);
    }
    addSource(url, source);
    done.add(module);
    module._compile(code, filename);
  };
  for (const extension of [".ts", ".cts", ".tsx", ".jsx"]) internals._extensions[extension] = loadCompiled;

  internals.prototype._compile = function (content, filename, ...rest) {
    const url = pathToFileURL(filename).href;
    if (done.has(this) || isOwnFile(url) || isSent(url) || !/\.[cm]?js$/.test(filename)) {
      return Reflect.apply(compile, this, [content, filename, ...rest]);
    }
    const { code, source } = loadJavaScript(url, content, formatOf(content, rest[0]), isDriver(url));
    addSource(url, source);
    return Reflect.apply(compile, this, [code, filename, ...rest]);
  };
  letRequireResolve();
}

/**
 * Makes `require` find what only we know, where hooks do not reach its words: on Node 20, and on Node 22 in CommonJS that was imported
 * (nodejs/node lib/internal/modules/esm/translators.js until 24).
 */
export function letRequireResolve(): void {
  const internals = nodeModule as unknown as Internals;
  const { _resolveFilename: resolveFilename } = internals;
  internals._resolveFilename = function (request, parent, ...rest) {
    const own = ownFile(request, true);
    if (own) {
      ownUse.before();
      return fileURLToPath(own);
    }
    const from = parent?.filename ? pathToFileURL(parent.filename).href : undefined;
    const found = typeScriptFile(request, from);
    return Reflect.apply(resolveFilename, this, [found ? fileURLToPath(found) : request, parent, ...rest]) as string;
  };
}

/** `require` of an ES module comes here too. Where package.json does not tell, Node looks for ES syntax, and so do we. */
function formatOf(content: string, format: unknown): ModuleFormat {
  if (format === "module" || format === "commonjs") return format;
  return hasModuleSyntax(content) ? "module" : "commonjs";
}

/** `require` as a file at `url` has it. */
export function requireFrom(url: string): NodeJS.Require {
  return createRequire(url.startsWith("file:") ? url : join(dirname(process.cwd()), "x"));
}
