/**
 * Functions that mean the same at every call: those of modules, native ones, and those of the driver that take nothing along but imports and
 * names that live everywhere. They are looked at once, and the calls name them by a number.
 */
import type { Extension } from "../wire/extension.ts";
import { builtinAt } from "./builtins.ts";
import type { SentVariable } from "./capture.ts";
import type { Code } from "./code.ts";
import { keptCode, sendCode } from "./code-cache.ts";
import { namesVersion } from "./everywhere-names.ts";
import { factoryOf } from "./factory.ts";
import { importedModule, importModule } from "./modules.ts";
import { importedValue, moduleValue, rememberCode, surroundings } from "./revive.ts";
import { type AnyFunction, FOR_EVER, type Shape, shapeOf, versionOf } from "./shape.ts";

type Content =
  | readonly ["builtin", readonly string[]]
  | readonly ["module", url: string, name: string]
  | readonly ["code", code: Code, variables: readonly SentVariable[]];

/** What such a function is for every process. The same object for the same function. */
export class StablePayload {
  readonly content: Content;
  constructor(content: Content) {
    this.content = content;
  }
}

interface Known {
  readonly payload: StablePayload | undefined;
  readonly version: number;
}

const payloads = new WeakMap<AnyFunction, Known>();
/** Functions made at the same place, which take nothing along, are the same function to others. */
const payloadsOfShapes = new WeakMap<Shape, StablePayload>();

/** What stands for `f` at every call; undefined when `f` has to be captured each time. */
export function stableFunction(f: AnyFunction): StablePayload | undefined {
  // A property that the user has given the function has to travel with it.
  for (const _ in f) return undefined;
  const known = payloads.get(f);
  if (known && (known.version === FOR_EVER || known.version === namesVersion())) return known.payload;
  const shape = shapeOf(f);
  const content = contentOf(f, shape);
  const payload = content && (known?.payload ?? payloadsOfShapes.get(shape) ?? new StablePayload(content));
  if (payload) payloadsOfShapes.set(shape, payload);
  payloads.set(f, { payload, version: versionOf(f) });
  return payload;
}

function contentOf(f: AnyFunction, shape: Shape): Content | undefined {
  if (shape.kind === "builtin") return ["builtin", shape.path];
  if (shape.kind === "module") return ["module", shape.url, shape.name];
  if (shape.kind !== "code" || shape.code.form === "class") return undefined;
  if (shape.thisScope >= 0 || shape.argumentsScope >= 0 || hasOwnState(f)) return undefined;
  const variables: SentVariable[] = [];
  for (const binding of shape.bindings) {
    if (binding.kind !== "import") return undefined;
    variables.push([binding.name, "i", binding.from.key, binding.from.exported]);
  }
  return ["code", shape.code, variables];
}

/** Properties of its own, or a prototype with methods. */
function hasOwnState(f: AnyFunction): boolean {
  const keys = Reflect.ownKeys(f).length;
  const prototype = f.prototype as object | undefined;
  return keys > 5 || (prototype !== undefined && Reflect.ownKeys(prototype).length > 1);
}

/** The function itself, at once when all modules that it needs are here. */
export function reviveStable(payload: StablePayload): AnyFunction | Promise<AnyFunction> {
  const { content } = payload;
  if (content[0] === "builtin") return builtinAt(content[1]) as AnyFunction;
  const missing = neededModules(content).filter((key) => !importedModule(key));
  if (missing.length === 0) return make(content);
  return Promise.all(missing.map(importModule)).then(() => make(content));
}

function neededModules(content: Exclude<Content, readonly ["builtin", readonly string[]]>): string[] {
  if (content[0] === "module") return [content[1]];
  const [, code, variables] = content;
  const keys = variables.map((variable) => variable[2] as string);
  return code.isOfModule ? [code.url, ...keys] : keys;
}

function make(content: Exclude<Content, readonly ["builtin", readonly string[]]>): AnyFunction {
  if (content[0] === "module") return moduleValue(content[1], content[2]) as AnyFunction;
  const [, code, variables] = content;
  const factory = factoryOf(code, {
    names: variables.map(([name]) => name),
    isSelfNamed: false,
    isLate: false,
    hasThis: code.usesThis,
    hasArguments: code.usesArguments,
  });
  const values = variables.map((variable) => importedValue(variable[2] as string, variable[3] as string));
  const f = factory(surroundings(code, variables, undefined, []), values)[0] as AnyFunction;
  rememberCode(f, code);
  return f;
}

/** How a payload travels: its code is sent ahead, once for each process. */
export const stableExtension: Extension<StablePayload> = {
  tag: "stable",
  matches: (value): value is StablePayload => value instanceof StablePayload,
  encode({ content }, encoder) {
    if (content[0] !== "code") return content;
    sendCode(encoder, content[1]);
    return ["code", content[1].id, content[2]];
  },
  decode(payload, decoder) {
    const [kind, id, variables] = payload as ["code", string, readonly SentVariable[]];
    return new StablePayload(kind === "code" ? ["code", keptCode(decoder.peer, id), variables] : (payload as Content));
  },
};
