/** The options of the user's tsconfig.json that change what code does. Looked up only for files that could need one of them. */
import { dirname } from "node:path";
import { createPathsMatcher, getTsconfig, type TsConfigResult } from "get-tsconfig";

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

function tsconfigFor(filename: string): TsConfigResult | null {
  const folder = dirname(filename);
  let config = found.get(folder);
  if (config === undefined) {
    try {
      config = getTsconfig(folder, "tsconfig.json", cache);
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
  return createPathsMatcher(config)?.(specifier) ?? [];
}
