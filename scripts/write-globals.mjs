// Writes src/globals.d.ts and src/runtime/worker/public-names.ts from what src/index.ts exports: every public value as a global, for programs that tjl runs
// ("types": ["tjulia/globals"]). Run it after adding a public name: npm run globals.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const index = join(root, "src/index.ts");
const config = ts.parseConfigFileTextToJson("", readFileSync(join(root, "tsconfig.json"), "utf8")).config;
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
const program = ts.createProgram([index], options);
const checker = program.getTypeChecker();
const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(index)));

const names = new Set(exported.map((symbol) => symbol.name));

// The browser's types have a Range of their own, which cannot be declared twice: import ours where it is named.
const lines = exported
  .filter((symbol) => !isTypeOnly(symbol) && symbol.name !== "Range")
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .flatMap((symbol) => declarations(symbol));

writeFileSync(
  join(root, "src/globals.d.ts"),
  `/**
 * The public names as globals, as they are at the prompt, in -e code, in -L files and in drivers: "types": ["tjulia/globals"].
 * Written by scripts/write-globals.mjs from src/index.ts.
 */
type Tjulia = typeof import("./index.ts");

declare global {
${lines.map((line) => `  ${line}`).join("\n")}
}

export {};
`,
);

// The same names as a list, for the command line and workers to define them without loading the library.
writeFileSync(
  join(root, "src/runtime/worker/public-names.ts"),
  `/** The public names, defined as globals by globals.ts. Written by scripts/write-globals.mjs from src/index.ts. */
export const publicNames: readonly string[] = [
${exported
  .filter((symbol) => !isTypeOnly(symbol) && isValue(symbol))
  .map((symbol) => symbol.name)
  .sort()
  .map((name) => `  "${name}",`)
  .join("\n")}
];
`,
);

function isValue(symbol) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return Boolean(target.flags & ts.SymbolFlags.Value);
}

function declarations(symbol) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  if (!(target.flags & ts.SymbolFlags.Value)) return [];
  const name = symbol.name;
  // The web's fetch is declared by Node's and the browser's types; ours are further overloads of it.
  if (name === "fetch") {
    return [
      "function fetch<T>(ref: { fetch(options?: object): Promise<T> }, options?: { signal?: AbortSignal }): Promise<T>;",
      "function fetch<X extends number | bigint | boolean | symbol | null | undefined>(value: X): X;",
    ];
  }
  const value = `const ${name}: Tjulia["${name}"];`;
  if (!(target.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias))) return [value];
  const declaration = target.declarations.find((d) => d.typeParameters !== undefined) ?? target.declarations[0];
  const parameters = declaration.typeParameters ?? [];
  const full = parameters.map((p) => qualified(p)).join(", ");
  const names = parameters.map((p) => p.name.text).join(", ");
  const type = `type ${name}${full && `<${full}>`} = import("./index.ts").${name}${names && `<${names}>`};`;
  return [value, type];
}

/** A type parameter with the exported types in its constraint and default named from afar. */
function qualified(parameter) {
  const own = parameter.name.text;
  return parameter
    .getText()
    .replace(/\b[A-Za-z_]\w*\b/g, (word) => (word !== own && names.has(word) ? `import("./index.ts").${word}` : word));
}

function isTypeOnly(symbol) {
  return (symbol.declarations ?? []).some(
    (d) => ts.isExportSpecifier(d) && (d.isTypeOnly || d.parent.parent.isTypeOnly),
  );
}
