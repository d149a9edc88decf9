/** Code that our loader has not seen: a plain Node program, the prompt, `new Function`. Which script it is has to be asked of V8. */
import { createRequire } from "node:module";
import { codeOnDisk } from "./imports.ts";
import { type Peeked, peek, scriptUrls } from "./peek.ts";
import type { ModuleRecord } from "./records.ts";
import { hasUseStrict } from "./rewrite.ts";
import type { AnyFunction } from "./shape.ts";
import { noteSite } from "./sites.ts";

const urls = new Map<string, string>();
let lookedAt = Number.NEGATIVE_INFINITY;

export function urlOfScript(scriptId: string): string {
  const known = urls.get(scriptId);
  if (known !== undefined) return known;
  // Each look costs 20 ms: code that makes functions by the hundred does without.
  if (urls.size > 20 && performance.now() - lookedAt < 1000) return "";
  for (const [id, url] of scriptUrls()) urls.set(id, url);
  lookedAt = performance.now();
  if (!urls.has(scriptId)) urls.set(scriptId, "");
  return urls.get(scriptId) as string;
}

/** Scripts that are strict although their text does not say so. */
export const strictScripts = new Set<string>();

/** Tells of the script that made `f`, before any of its functions is sent: its name in stacks, and that it is strict. */
export function nameStrictScript(f: AnyFunction, url: string): void {
  const { scriptId } = peek(f);
  urls.set(scriptId, url);
  strictScripts.add(scriptId);
}

const unregisteredRecords = new Map<string, ModuleRecord>();

/** The record of a module that was loaded by Node alone: the main file is the driver. */
export function unregistered({ scriptId, scopes }: Peeked): ModuleRecord | undefined {
  const name = urlOfScript(scriptId);
  const url = /^(?:\/|[A-Za-z]:[\\/])/.test(name) ? `file://${encodeURI(name.replaceAll("\\", "/"))}` : name;
  if (!/^(?:file|node):/.test(url)) return undefined;
  let record = unregisteredRecords.get(url);
  if (!record) {
    const isCommonJs = !scopes.some((scope) => scope.kind === "module");
    record = {
      url,
      isDriver: isMain(url) || (isCommonJs && !isLoadedByNode(url)),
      isCommonJs,
      isStrict: !isCommonJs || hasUseStrict(codeOnDisk(url) ?? ""),
      meta: undefined,
      commonJs: undefined,
      evaluate: undefined,
      keep: () => undefined,
      t: noteSite,
    };
    unregisteredRecords.set(url, record);
  }
  return record;
}

/** The code of `node --input-type=module -e` is in no file. */
const IN_NO_FILE = /\/\[(?:eval|stdin)\d*\]$/;

function isMain(url: string): boolean {
  if (IN_NO_FILE.test(url)) return true;
  const main = process.argv[1];
  return main !== undefined && pathOf(url).replace(/\.[^./]*$/, "") === main.replace(/\.[^./]*$/, "");
}

/** A test runner or notebook evaluates files in its own way: no other process could import them as they are here. */
function isLoadedByNode(url: string): boolean {
  return createRequire(import.meta.url).cache[pathOf(url)] !== undefined;
}

function pathOf(url: string): string {
  return decodeURI(url).replace(/^file:\/\//, "");
}
