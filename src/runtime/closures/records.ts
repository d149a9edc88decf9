/**
 * The modules that have been loaded with our additions (rewrite.ts), and where their code came from. A module registers itself with
 * its first statement; the loader says beforehand how its lines lead back to the source.
 */
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ImportReference } from "./imports.ts";
import { type Insertion, REGISTER } from "./rewrite.ts";
import { noteSite } from "./sites.ts";
import type { RawSourceMap } from "./transform.ts";

/** A module, as its own functions lead to it through `$tjl$`. */
export interface ModuleRecord {
  readonly url: string;
  /** Functions of the driver travel by value; those of any other module refer to the module. */
  readonly isDriver: boolean;
  readonly isCommonJs: boolean;
  readonly isStrict: boolean;
  readonly meta: ImportMeta | undefined;
  /** `module` and `require` of a CommonJS file. */
  readonly commonJs: { readonly module: NodeJS.Module; readonly require: NodeJS.Require } | undefined;
  /** Evaluates code in the scope of the module. */
  readonly evaluate: ((code: string) => unknown) | undefined;
  /** A function of the module, to look into its scope. */
  readonly keep: () => unknown;
  /** The imports of code that came from another process; a module's own are in imports.ts. */
  readonly imports?: ReadonlyMap<string, ImportReference> | undefined;
  /** What rewrite.ts puts around functions that are written into a call of ours. */
  readonly t: typeof noteSite;
}

/** How the code that runs leads back to the file that was written. */
export interface LoadedSource {
  readonly insertions: readonly Insertion[];
  readonly map: RawSourceMap | undefined;
  /** The compiled code, kept for the driver: its imports are looked up in it. */
  readonly code?: string | undefined;
}

const records = new Map<string, ModuleRecord>();
const sources = new Map<string, LoadedSource>();

export function recordOf(url: string): ModuleRecord | undefined {
  return records.get(url);
}

/** Makes the record of code that came from another process: its functions travel on by value. */
export function shippedRecord(
  url: string,
  isStrict: boolean,
  isCommonJs: boolean,
  imports: ReadonlyMap<string, ImportReference>,
): ModuleRecord {
  const record: ModuleRecord = {
    url,
    isDriver: true,
    isCommonJs,
    isStrict,
    meta: undefined,
    commonJs: undefined,
    evaluate: undefined,
    keep: () => record,
    imports,
    t: noteSite,
  };
  known.add(record);
  return record;
}

export function isModuleRecord(value: unknown): value is ModuleRecord {
  return typeof value === "object" && value !== null && known.has(value);
}
const known = new WeakSet<object>();

export function addSource(url: string, source: LoadedSource): void {
  sources.set(url, source);
}

/** Sources that a loader on another thread has handed over; it sets this. */
export const arrivedSources: { take: () => void } = { take: () => {} };

export function sourceOf(url: string): LoadedSource | undefined {
  const found = sources.get(url);
  if (found) return found;
  arrivedSources.take();
  return sources.get(url);
}

/** Modules whose inner names can be asked for. */
export function loadedModules(): { url: string; evaluate: (code: string) => unknown }[] {
  return [...records.values()].flatMap(({ url, evaluate }) => (evaluate ? [{ url, evaluate }] : []));
}

/** Modules that were loaded and have not begun to run. */
export function filesNotRun(): string[] {
  arrivedSources.take();
  return [...sources.keys()].filter((url) => !records.has(url));
}

type Register = (
  role: string,
  keep: () => unknown,
  origin: ImportMeta | { module: NodeJS.Module; require: NodeJS.Require },
  evaluate?: (code: string) => unknown,
) => ModuleRecord;

const register: Register = (role, keep, origin, evaluate) => {
  const commonJs = "module" in origin ? origin : undefined;
  const record: ModuleRecord = {
    url: commonJs ? pathToFileURL(commonJs.module.filename).href : placed(origin as ImportMeta).url,
    isDriver: role.startsWith("d"),
    isCommonJs: commonJs !== undefined,
    isStrict: commonJs === undefined || role.endsWith("s"),
    meta: commonJs ? undefined : (origin as ImportMeta),
    commonJs,
    evaluate,
    keep,
    t: noteSite,
  };
  known.add(record);
  records.set(record.url, record);
  return record;
};

const otherUrls = new Map<string, string>();

/** The module that Node knows by `specifier` is `url` to us. */
export function registerUnder(specifier: string, url: string): void {
  otherUrls.set(specifier, url);
}

/** The module learns of it too. */
function placed(meta: ImportMeta): ImportMeta {
  const url = otherUrls.get(meta.url);
  if (url === undefined) return meta;
  const filename = fileURLToPath(url);
  return Object.assign(meta, { url, filename, dirname: dirname(filename) });
}

/** Makes the function that modules call when they start. Before any of them is loaded. */
export function allowRegistration(): void {
  Object.defineProperty(globalThis, Symbol.for(REGISTER), { value: register, configurable: true, writable: true });
}
