/** The options of the user's tsconfig.json that change what code does. Looked up only for files that could need one of them. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { TsConfigResult } from "get-tsconfig";
import { packageRoot } from "../../package.ts";

export interface CompilerOptions {
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
  readonly useDefineForClassFields?: boolean;
  readonly verbatimModuleSyntax?: boolean;
  readonly jsx?: string;
  readonly jsxImportSource?: string;
  readonly jsxFactory?: string;
  readonly jsxFragmentFactory?: string;
}

const found = new Map<string, TsConfigResult | null>();
const cache = new Map();

type Reader = typeof import("./tsconfig-reader.ts");
let loaded: Reader | undefined;

function reader(): Reader {
  loaded ??= createRequire(import.meta.url)(join(packageRoot, "dist", "tsconfig-reader.cjs")) as Reader;
  return loaded;
}

function tsconfigFor(filename: string): TsConfigResult | null {
  const folder = dirname(filename);
  let config = found.get(folder);
  if (config === undefined) {
    try {
      config = reader().getTsconfig(folder, "tsconfig.json", cache);
    } catch {
      config = null;
    }
    found.set(folder, config);
  }
  return config;
}

export function compilerOptionsFor(filename: string): CompilerOptions {
  return (tsconfigFor(filename)?.config.compilerOptions ?? {}) as CompilerOptions;
}

/** Where `paths` and `baseUrl` of the tsconfig.json of `filename` may lead the specifier, in order; file paths, not checked. */
export function mappedPaths(specifier: string, filename: string): readonly string[] {
  const config = tsconfigFor(filename);
  if (!config) return [];
  return reader().createPathsMatcher(config)?.(specifier) ?? [];
}
