/** Where an import of user code leads, in the ways that Node itself does not know: our own package, TypeScript files, JSON. */
import { readFileSync, statSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageRoot } from "../../package.ts";

/** A module of another file: `tjl:` and a specifier, as an import in `parent` would find it. */
export function importKey(specifier: string, parent: string): string {
  if (/^(?:file|node|data):/.test(specifier)) return specifier;
  if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, parent).href;
  return `tjl:${encodeURIComponent(specifier)}?${encodeURIComponent(parent)}`;
}

export function readImportKey(key: string): { specifier: string; parent: string } | undefined {
  const match = /^tjl:([^?]*)\?(.*)$/.exec(key);
  if (!match) return undefined;
  return { specifier: decodeURIComponent(match[1] as string), parent: decodeURIComponent(match[2] as string) };
}

const ownFiles: Record<string, string> = {
  tjulia: "index.js",
  "tjulia/globals": "globals.js",
  "tjulia/register": "register.cjs",
};

/** Something to do before this package is loaded for a module of the user. */
export const ownUse: { before: () => void } = { before: () => {} };

/** The file of this very copy of the package that the specifier names, whatever copies lie elsewhere. */
export function ownFile(specifier: string, isRequire: boolean): string | undefined {
  const file = ownFiles[specifier];
  if (!file) return undefined;
  const path = join(packageRoot, "dist", isRequire && file === "index.js" ? "index.cjs" : file);
  return pathToFileURL(path).href;
}

/** True for files of this package, which are loaded as they are. */
export function isOwnFile(url: string): boolean {
  return url.startsWith(distUrl);
}
const distUrl = pathToFileURL(join(packageRoot, "dist")).href;

const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx", ".json"];
const TYPESCRIPT_OF: Record<string, readonly string[]> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/**
 * The file that a path or file URL leads to as TypeScript users write it: `./lib`, `./lib.js` for lib.ts, a folder with an index.
 * Undefined when it is not a path, or when the file is there under that very name.
 */
export function typeScriptFile(specifier: string, parent: string | undefined): string | undefined {
  if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) return undefined;
  let url: URL;
  try {
    url = new URL(specifier, parent?.startsWith("file:") ? parent : undefined);
    if (url.protocol !== "file:") return undefined;
  } catch {
    return undefined;
  }
  const path = fileURLToPath(url);
  const kind = kindOf(path);
  if (kind === "file") return undefined;
  const found = kind === "folder" ? undefined : sibling(path);
  const chosen = found ?? (isFolder(path) ? indexIn(path) : undefined);
  return chosen && `${pathToFileURL(chosen).href}${url.search}`;
}

/** The first of `paths` (from tsconfig.json) that there is. */
export function firstFile(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    if (kindOf(path) === "file") return pathToFileURL(path).href;
    const found = sibling(path) ?? (isFolder(path) ? indexIn(path) : undefined);
    if (found) return pathToFileURL(found).href;
  }
  return undefined;
}

function sibling(path: string): string | undefined {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  for (const other of TYPESCRIPT_OF[extension] ?? []) if (kindOf(stem + other) === "file") return stem + other;
  for (const other of EXTENSIONS) if (kindOf(path + other) === "file") return path + other;
  return undefined;
}

function indexIn(folder: string): string | undefined {
  for (const extension of EXTENSIONS) {
    const path = join(folder, `index${extension}`);
    if (kindOf(path) === "file") return path;
  }
  return undefined;
}

function kindOf(path: string): "file" | "folder" | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile()) return "file";
  return stats?.isDirectory() ? "folder" : undefined;
}

function isFolder(path: string): boolean {
  return kindOf(path) === "folder";
}

const packageTypes = new Map<string, string>();

/** "module", "commonjs" or "" as the nearest package.json says; "none" when there is none. */
export function packageType(file: string): string {
  const folder = dirname(file);
  let type = packageTypes.get(folder);
  if (type === undefined) {
    type = readType(folder);
    packageTypes.set(folder, type);
  }
  return type;
}

function readType(folder: string): string {
  let text: string;
  try {
    text = readFileSync(join(folder, "package.json"), "utf8");
  } catch {
    const parent = dirname(folder);
    return parent === folder ? "none" : packageType(join(parent, "x"));
  }
  try {
    return String((JSON.parse(text) as { type?: unknown }).type ?? "");
  } catch {
    return "";
  }
}
