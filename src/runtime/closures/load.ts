/** Turns a file of the user into the code that runs: compiled if it is TypeScript, then rewritten. The same in every kind of loader. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { OwnUrl } from "./alone.ts";
import { keptModule } from "./kept-modules.ts";
import type { LoadedSource } from "./records.ts";
import { packageType } from "./resolve.ts";
import { type ModuleFormat, rewrite } from "./rewrite.ts";
import { configFor, type RawSourceMap, type Transformed, transformSource } from "./transform.ts";

export interface LoadedModule {
  readonly format: ModuleFormat;
  readonly code: string;
  readonly source: LoadedSource;
  readonly usesHelpers: boolean;
  /** Told of a driver when `ownUrl` is given: it can be imported without our loader. */
  readonly isAlone?: boolean | undefined;
}

/** Extensions that only we can load. */
export const COMPILED = /\.(?:[mc]?ts|tsx|jsx)$/;

/** Loads a TypeScript file (or JSX). `text` is given when it is not what the file holds. */
export function loadTypeScript(url: string, isDriver: boolean, text?: string, ownUrl?: OwnUrl): LoadedModule {
  const path = fileURLToPath(url);
  const source = text ?? readFileSync(path, "utf8");
  const wanted = formatByName(path);
  const make = () => {
    const transformed = transformSource(source, path, { as: wanted ?? "module" });
    const format = wanted ?? formatBySyntax(path, transformed.code);
    return finish(url, transformed, format, isDriver, ownUrl);
  };
  if (text !== undefined) return make();
  const circumstances = [isDriver, ownUrl !== undefined, wanted ?? packageType(path), configFor(source, path)];
  return keptModule(path, source, circumstances, make);
}

/** Adds what modules get to JavaScript. */
export function loadJavaScript(
  url: string,
  code: string,
  format: ModuleFormat,
  isDriver: boolean,
  ownUrl?: OwnUrl,
): LoadedModule {
  return finish(url, { code, usesHelpers: false }, format, isDriver, ownUrl);
}

/** A JSON file as a module whose default export it is. */
export function jsonModule(text: string): string {
  JSON.parse(text);
  return `export default ${text.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")};`;
}

function finish(
  url: string,
  transformed: Transformed,
  format: ModuleFormat,
  isDriver: boolean,
  ownUrl: OwnUrl | undefined,
): LoadedModule {
  const isPackage = url.includes("/node_modules/");
  const { code, insertions, isAlone } = rewrite(transformed.code, { format, isDriver, isPackage, ownUrl });
  const map = transformed.map && withoutContent(transformed.map);
  const source = { insertions, map, code: isDriver ? transformed.code : undefined };
  return { format, code, source, usesHelpers: transformed.usesHelpers, isAlone };
}

/** Compilers put the source into its map. */
function withoutContent({ version, sources, names, mappings }: RawSourceMap): RawSourceMap {
  return { version, sources, names, mappings };
}

function formatByName(path: string): ModuleFormat | undefined {
  if (path.endsWith(".mts")) return "module";
  if (path.endsWith(".cts")) return "commonjs";
  const type = packageType(path);
  return type === "module" || type === "none" ? "module" : undefined;
}

/** A package.json that does not say "module": what the code itself says decides, and an ES module when it says nothing. */
function formatBySyntax(path: string, code: string): ModuleFormat {
  if (hasModuleSyntax(code)) return "module";
  if (/\b(?:require\s*\(|module\.exports\b|exports\.\w)/.test(code)) return "commonjs";
  return packageType(path) === "commonjs" ? "commonjs" : "module";
}

export function hasModuleSyntax(code: string): boolean {
  // A name such as import_fs, which bundlers make, is not an import.
  return /^\s*(?:import(?:\s+[\w$]|\s*[{*"'])|export(?:\s+\w|\s*[{*]))/m.test(code) || /\bimport\.meta\b/.test(code);
}
