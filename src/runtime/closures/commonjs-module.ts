/**
 * TypeScript in CommonJS as Node 20 is given it for an import: an ES module around what `require` gives. Node itself would look for the
 * names of the exports in the file, which is no JavaScript. Pure.
 */

/** The text of the module. `code` is the compiled file at `path`. */
export function moduleAround(path: string, code: string): string {
  const names = exportNames(code);
  const locals = names.map((name, i) => `${name}: e${i}`);
  const exported = names.map((name, i) => `e${i} as ${name}`);
  return `import { createRequire } from "node:module";
const all = createRequire(import.meta.url)(${JSON.stringify(path)});
export default all;
const { ${locals.join(", ")} } = all ?? {};
export { ${exported.join(", ")} };
`;
}

/** The names that the code exports in a way that can be seen, as Node sees them in JavaScript. */
export function exportNames(code: string): string[] {
  const names = new Set<string>();
  for (const [, name] of code.matchAll(/\bexports\.([A-Za-z_$][\w$]*)\s*=(?!=)/g)) names.add(name as string);
  for (const [, name] of code.matchAll(/\bObject\.defineProperty\(exports,\s*["']([A-Za-z_$][\w$]*)["']/g)) {
    names.add(name as string);
  }
  // What swc says of ES exports for this very purpose looks the same.
  const object = /\bmodule\.exports\s*=\s*\{([^{}]*)/.exec(code)?.[1] ?? "";
  for (const part of object.split(",")) {
    const name = /^\s*([A-Za-z_$][\w$]*)\s*(?::|$|\()/.exec(part)?.[1];
    if (name === undefined) break;
    names.add(name);
  }
  names.delete("default");
  names.delete("__esModule");
  return [...names];
}
