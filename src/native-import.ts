/**
 * `import()` for our own use, in a file that is always compiled anew: V8 does not know whom to ask for a module when the code that does
 * so was kept from an earlier run (boot.ts).
 */
export function nativeImport<T = Record<string, unknown>>(specifier: string): Promise<T> {
  return import(specifier) as Promise<T>;
}
