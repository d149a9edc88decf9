/**
 * TypeScript to JavaScript. oxc does nearly all of it in well under a millisecond a file; the little that it cannot lower (standard
 * decorators, accessors, namespaces with variables, CommonJS with import statements) goes to swc. Both are loaded at first use.
 */
import { createRequire } from "node:module";
import { basename } from "node:path";
import { outOfReach } from "../wire/cut-off.ts";
import { ScopeReader } from "./reader/reader.ts";
import { type CompilerOptions, compilerOptionsFor } from "./tsconfig.ts";

const require = createRequire(import.meta.url);

export interface RawSourceMap {
  version: number;
  sources: (string | null)[];
  names: string[];
  mappings: string;
}

export interface Transformed {
  readonly code: string;
  /** From the code to the source, as the compiler gives it. */
  readonly map?: RawSourceMap | undefined;
  /** Helpers that the code finds on the global `babelHelpers`. */
  readonly usesHelpers: boolean;
}

export interface TransformOptions {
  /** Default: "module". "script" is for lines of the prompt: imports are kept even when nothing uses them. */
  readonly as?: "module" | "commonjs" | "script";
  /** Default: true. */
  readonly sourceMap?: boolean;
}

/** What both compilers are told: Node 20 runs it as it is. */
const TARGET = "es2023";

type Oxc = typeof import("oxc-transform");
let oxc: Oxc | undefined;

/**
 * Turns TypeScript into JavaScript. Throws a SyntaxError whose message has file, line, column and the line itself.
 *
 * @example
 * transformSource("const n: number = 1", "lib.ts").code; // "const n = 1;\n"
 */
export function transformSource(source: string, filename: string, options: TransformOptions = {}): Transformed {
  const as = options.as ?? "module";
  oxc ??= outOfReach(() => require("oxc-transform") as Oxc);
  const isJsx = isJsxFile(filename);
  const config = configFor(source, filename);
  if (as === "commonjs" && hasModuleStatements(source)) return lowerWithSwc(source, filename, config, options);
  const result = oxc.transformSync(filename, source, {
    lang: languageOf(filename),
    sourceType: as === "module" ? "module" : as === "commonjs" ? "commonjs" : "unambiguous",
    target: TARGET,
    sourcemap: options.sourceMap ?? true,
    helpers: { mode: "External" as never },
    typescript: { onlyRemoveTypeImports: as === "script" || config.verbatimModuleSyntax === true },
    decorator: {
      legacy: config.experimentalDecorators === true,
      emitDecoratorMetadata: config.emitDecoratorMetadata === true,
    },
    assumptions: config.useDefineForClassFields === false ? { setPublicClassFields: true } : {},
    ...(isJsx ? { jsx: jsxOptions(config) } : {}),
  });
  const fatal = result.errors.find((error) => error.severity === "Error");
  if (fatal) throw syntaxError(source, filename, fatal.message, fatal.labels[0]?.start ?? 0, fatal.helpMessage);
  const isBeyondOxc = result.errors.length > 0 || needsDecorators(result.code);
  if (isBeyondOxc) return lowerWithSwc(source, filename, config, options);
  return {
    code: result.code,
    map: result.map as RawSourceMap | undefined,
    usesHelpers: Object.keys(result.helpersUsed).length > 0,
  };
}

/** The options of tsconfig.json, for a file that could need one of them. */
export function configFor(source: string, filename: string): CompilerOptions {
  return isJsxFile(filename) || source.includes("@") ? compilerOptionsFor(filename) : {};
}

function isJsxFile(filename: string): boolean {
  return /\.[jt]sx$/.test(filename);
}

function languageOf(filename: string): "ts" | "tsx" | "js" | "jsx" {
  if (filename.endsWith("x")) return filename.endsWith(".jsx") ? "jsx" : "tsx";
  return /\.[cm]?js$/.test(filename) ? "js" : "ts";
}

function hasModuleStatements(source: string): boolean {
  return (
    /^\s*(?:import\s*[\w{*"'$]|export\s*[\w{*])/m.test(source) &&
    !/^\s*(?:import\s+[\w$]+\s*=|export\s*=)/m.test(source)
  );
}

/** Whether decorators or `accessor` were left in the code; a look at the text tells nearly always that not. */
function needsDecorators(code: string): boolean {
  if (!code.includes("@") && !/\baccessor\b/.test(code)) return false;
  const reader = new ScopeReader(code);
  reader.program();
  return reader.hasDecorators;
}

function jsxOptions(config: CompilerOptions): object {
  const classic = config.jsx === "react";
  return {
    runtime: classic ? "classic" : "automatic",
    ...(config.jsxImportSource ? { importSource: config.jsxImportSource } : {}),
    ...(classic && config.jsxFactory ? { pragma: config.jsxFactory } : {}),
    ...(classic && config.jsxFragmentFactory ? { pragmaFrag: config.jsxFragmentFactory } : {}),
  };
}

type Swc = typeof import("@swc/core");

function lowerWithSwc(
  source: string,
  filename: string,
  config: CompilerOptions,
  options: TransformOptions,
): Transformed {
  let swc: Swc;
  try {
    swc = outOfReach(() => require("@swc/core") as Swc);
  } catch (cause) {
    throw new Error(
      `${filename} uses syntax that oxc-transform cannot lower (standard decorators, "accessor", a namespace with variables), ` +
        `and @swc/core, which can, does not load: ${(cause as Error).message}. Was it installed with --omit=optional?`,
      { cause },
    );
  }
  const isLegacy = config.experimentalDecorators === true;
  const react = jsxOptions(config) as Record<string, string>;
  try {
    const { code, map } = swc.transformSync(source, {
      filename,
      swcrc: false,
      configFile: false,
      sourceMaps: options.sourceMap ?? true,
      isModule: options.as === "script" ? "unknown" : true,
      module:
        options.as === "commonjs"
          ? { type: "commonjs", ignoreDynamic: true, exportInteropAnnotation: true }
          : { type: "es6" },
      jsc: {
        parser: { syntax: "typescript", tsx: /\.[jt]sx$/.test(filename), decorators: true },
        target: "es2022",
        transform: {
          ...(isLegacy
            ? { legacyDecorator: true, decoratorMetadata: config.emitDecoratorMetadata === true }
            : { decoratorVersion: "2023-11" }),
          useDefineForClassFields: config.useDefineForClassFields ?? true,
          react: { runtime: react.runtime as "classic" | "automatic", importSource: react.importSource ?? "react" },
        },
      },
    });
    return { code, map: map === undefined ? undefined : (JSON.parse(map) as RawSourceMap), usesHelpers: false };
  } catch (error) {
    throw new SyntaxError(`${filename}: ${(error as Error).message}`, { cause: error });
  }
}

/** `driver.ts:3:17: Unexpected token`, with the line and a caret under the place. */
export function syntaxError(
  source: string,
  filename: string,
  message: string,
  at: number,
  help?: string | null,
): SyntaxError {
  const before = source.slice(0, at).split("\n");
  const line = before.length;
  const column = (before.at(-1) as string).length + 1;
  const text = (source.split("\n")[line - 1] ?? "").replace(/\r$/, "");
  const gutter = `${line} | `;
  const caret = `${" ".repeat(gutter.length - 2)}| ${text.slice(0, column - 1).replace(/[^\t]/g, " ")}^`;
  const shown = `${filename}:${line}:${column}: ${message}\n\n  ${gutter}${text}\n  ${caret}${help ? `\n  ${help}` : ""}`;
  const error = new SyntaxError(shown);
  error.stack = `SyntaxError: ${shown}`;
  return Object.assign(error, { file: basename(filename), line, column });
}
