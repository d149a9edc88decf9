/**
 * `require` of modules that were sent, on Node 20 and 22: there the words in a call of `require` are looked up by a function that
 * hooks do not reach, and on Node 20 files are read by one too.
 */
import nodeModule, { createRequire } from "node:module";
import { isAbsolute } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageRoot } from "../../package.ts";
import { isSent, sentModule, sentTarget } from "./sent-modules.ts";

interface Internals {
  _resolveFilename(request: string, parent: { filename?: string | null } | undefined, ...rest: unknown[]): string;
  _extensions: Record<string, (module: CompiledModule, filename: string) => void>;
}
type CompiledModule = NodeJS.Module & { _compile(content: string, filename: string): unknown };

let isPatched = false;

/** Lets `require` find what was sent. */
export function letRequireFindSent(): void {
  if (isPatched) return;
  isPatched = true;
  const internals = nodeModule as unknown as Internals;
  const { _resolveFilename: resolveFilename } = internals;
  internals._resolveFilename = function (request, parent, ...rest) {
    const from = parent?.filename ? pathToFileURL(parent.filename).href : undefined;
    const target = isAbsolute(request) ? pathToFileURL(request).href : sentTarget(request, from);
    if (target?.startsWith("own:")) return createRequire(`${packageRoot}/`).resolve(target.slice(4));
    if (target && (!isAbsolute(request) || isSent(target))) return fileURLToPath(target);
    return Reflect.apply(resolveFilename, this, [request, parent, ...rest]) as string;
  };
  if ("registerHooks" in nodeModule) return;
  for (const extension of [".js", ".cjs", ".json", ".ts", ".cts"]) {
    const load = internals._extensions[extension] ?? (internals._extensions[".js"] as Internals["_extensions"][string]);
    internals._extensions[extension] = (module, filename) => {
      const sent = sentModule(pathToFileURL(filename).href);
      if (!sent) load(module, filename);
      else if (sent.format === "json") module.exports = JSON.parse(sent.code);
      else module._compile(sent.code, filename);
    };
  }
}
