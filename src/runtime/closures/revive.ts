/** The receiving side of functions. */
import type { Decoder } from "../wire/extension.ts";
import { builtinAt } from "./builtins.ts";
import type { SentCode, SentFunction, SentVariable } from "./capture.ts";
import type { Code } from "./code.ts";
import { keptCode } from "./code-cache.ts";
import { requireFrom } from "./commonjs.ts";
import { factoryOf, type Surroundings } from "./factory.ts";
import type { ImportReference } from "./imports.ts";
import { importedModule, importModule } from "./modules.ts";
import { peek } from "./peek.ts";
import { poison } from "./poison.ts";
import { type ModuleRecord, recordOf, shippedRecord } from "./records.ts";
import { importKey } from "./resolve.ts";
import type { AnyFunction } from "./shape.ts";

export function decodeFunction(payload: unknown, decoder: Decoder): AnyFunction {
  const sent = payload as SentFunction;
  switch (sent[0]) {
    case "builtin":
      return builtinAt(sent[1]) as AnyFunction;
    case "module":
      return moduleValue(sent[1], sent[2]) as AnyFunction;
    case "bound": {
      const [, target, self, args] = sent;
      const f = decoder.get(target) as AnyFunction;
      return Function.prototype.bind.call(f, decoder.get(self), ...args.map((arg) => decoder.get(arg)));
    }
    case "code": {
      const code = keptCode(decoder.peer, sent[1].c);
      return decodeCode(code, sent[1], decoder);
    }
  }
}

const codes = new WeakMap<AnyFunction, Code>();

/** The code of a function that came from another process: the same for all functions made at the same place. */
export function codeBehind(f: AnyFunction): Code | undefined {
  return codes.get(f);
}

export function rememberCode(f: AnyFunction, code: Code): void {
  codes.set(f, code);
}

function decodeCode(code: Code, sent: SentCode, decoder: Decoder): AnyFunction {
  const get = (slot: unknown) => decoder.get(slot);
  const isSelfNamed = sent.v.some(([name, kind]) => kind === "s" && name === code.name);
  const listed = sent.v.filter(([name, kind]) => !(kind === "s" && name === code.name && isSelfNamed));
  const isLate = sent.y !== undefined || listed.some(([, kind]) => kind === "s");
  const isThisLate = sent.y === 2;
  const names = listed.map(([name]) => name);
  const factory = factoryOf(code, {
    names,
    isSelfNamed,
    isLate,
    hasThis: code.usesThis,
    hasArguments: code.usesArguments,
    isThisLate,
  });
  const self = "t" in sent && !isThisLate ? get(sent.t) : undefined;
  const around = surroundings(code, sent.v, self, "a" in sent ? (get(sent.a) as unknown[]) : []);
  let f: AnyFunction;
  if (isLate) {
    const [made, assign] = factory(around, []);
    f = made as AnyFunction;
    decoder.made(f);
    const values = listed.map((variable) => variableValue(variable, get, f));
    assign(values, isThisLate ? [get(sent.t)] : undefined);
  } else {
    const values = listed.map((variable) => variableValue(variable, get, undefined));
    f = factory(around, values)[0] as AnyFunction;
    decoder.made(f);
  }
  if (f.name !== code.name) Object.defineProperty(f, "name", { value: code.name, configurable: true });
  codes.set(f, code);
  for (const [key, value, enumerable] of sent.p ?? []) {
    Object.defineProperty(f, get(key) as PropertyKey, {
      value: get(value),
      enumerable: enumerable === 1,
      writable: true,
      configurable: true,
    });
  }
  return f;
}

const shippedRecords = new WeakMap<Code, ModuleRecord>();

/** What code finds around it besides its variables. */
export function surroundings(
  code: Code,
  variables: readonly SentVariable[],
  self: unknown,
  args: readonly unknown[],
): Surroundings {
  let record = code.isOfModule ? recordOf(code.url) : shippedRecords.get(code);
  if (!record) {
    record = shippedRecord(code.url, code.isStrict, code.isCommonJs, importsIn(variables));
    shippedRecords.set(code, record);
  }
  return {
    record,
    meta: code.usesMeta ? metaOf(code.url) : undefined,
    dynamicImport: code.usesImport ? importFrom(code.url) : undefined,
    self,
    args,
  };
}

function importsIn(variables: readonly SentVariable[]): ReadonlyMap<string, ImportReference> {
  const imports = new Map<string, ImportReference>();
  for (const variable of variables) {
    if (variable[1] === "i") imports.set(variable[0], { key: variable[2], exported: variable[3] as string });
  }
  return imports;
}

export function variableValue(
  variable: SentVariable,
  get: (slot: unknown) => unknown,
  f: AnyFunction | undefined,
): unknown {
  switch (variable[1]) {
    case "v":
      return get(variable[2]);
    case "i":
      return importedValue(variable[2], variable[3] as string);
    case "b":
      return builtinAt(variable.slice(2));
    case "r":
      return requireFrom(variable[2]);
    case "p":
      return poison(variable[2]);
    case "s":
      return f;
  }
}

export function importedValue(key: string, exported: string): unknown {
  const namespace = importedModule(key);
  if (!namespace) throw new Error(`the module ${key} was not imported before the function that uses it`);
  if (exported === "*") return namespace;
  if (!(exported in namespace)) throw new ReferenceError(`${key} has no export '${exported}' here`);
  return namespace[exported];
}

/** What a module calls `name` inside. */
export function moduleValue(url: string, name: string): unknown {
  const record = recordOf(url);
  if (record?.evaluate) return record.evaluate(name);
  const exports = importedModule(url) as Record<string, unknown> | undefined;
  if (exports && name in exports) return exports[name];
  if (record) {
    for (const { variables } of peek(record.keep).scopes) if (name in variables) return variables[name];
  }
  throw new ReferenceError(`${url} has no '${name}' here`);
}

const metas = new Map<string, object>();

/** `import.meta` of the file that the code comes from. */
function metaOf(url: string): object {
  let meta = metas.get(url);
  if (!meta) {
    const isFile = url.startsWith("file:");
    const path = isFile ? decodeURIComponent(new URL(url).pathname) : undefined;
    meta = Object.assign(Object.create(null) as object, {
      ...(path !== undefined && { dirname: path.replace(/\/[^/]*$/, "") || "/", filename: path }),
      resolve: (specifier: string) => importKey(specifier, url),
      url,
    });
    metas.set(url, meta);
  }
  return meta;
}

/** `import()` in that file. */
function importFrom(url: string): (specifier: unknown, options?: unknown) => Promise<unknown> {
  return (specifier) => importModule(importKey(String(specifier), url));
}
