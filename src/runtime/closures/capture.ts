/**
 * The sending side of functions: puts the values of their variables, as they are now, into the message, and the code ahead of it where
 * the other process does not have it yet.
 */

import type { Encoder, Slot } from "../wire/extension.ts";
import { builtinObject } from "./builtins.ts";
import { sendCode } from "./code-cache.ts";
import { knownVariables, noteVariables } from "./constants.ts";
import { type Peeked, type PeekedScope, peekBound } from "./peek.ts";
import { THIS } from "./rewrite.ts";
import { type AnyFunction, type CodeShape, lookInto, shapeOf } from "./shape.ts";
import { noteShared } from "./shared-variables.ts";

/** One variable of a function: by value, an export of a module, what touching it throws, or the function itself. */
export type SentVariable =
  | readonly [name: string, kind: "v", value: Slot]
  | readonly [name: string, kind: "i", moduleKey: string, exported: string]
  | readonly [name: string, kind: "b", ...path: string[]]
  | readonly [name: string, kind: "r", url: string]
  | readonly [name: string, kind: "p", message: string]
  | readonly [name: string, kind: "s"];

export type SentFunction =
  | readonly ["builtin", readonly string[]]
  | readonly ["bound", target: Slot, self: Slot, args: readonly Slot[]]
  | readonly ["module", url: string, name: string]
  | readonly ["code", SentCode];

export interface SentCode {
  readonly c: string;
  readonly v: readonly SentVariable[];
  /** Its variables lead back to it: 2 when its `this` is an object, and may do so too. */
  readonly y?: 1 | 2;
  /** The `this` and the `arguments` around an arrow. */
  readonly t?: Slot;
  readonly a?: Slot;
  /** Own properties: key, value, 1 when enumerable. */
  readonly p?: readonly (readonly [key: Slot, value: Slot, enumerable: 0 | 1])[];
}

export function encodeFunction(f: AnyFunction, encoder: Encoder): SentFunction {
  const shape = shapeOf(f);
  switch (shape.kind) {
    case "builtin":
      return ["builtin", shape.path];
    case "bound": {
      const { target, self, args } = peekBound(f);
      return [
        "bound",
        encoder.put(target, "its function"),
        encoder.put(self, "its this"),
        args.map((arg, i) => encoder.put(arg, `its argument ${i}`)),
      ];
    }
    case "module":
      encoder.need(shape.url);
      return ["module", shape.url, shape.name];
    case "refused":
      return encoder.refuse(shape.reason);
    case "code":
      return ["code", encodeCode(f, shape, encoder)];
  }
}

function encodeCode(f: AnyFunction, shape: CodeShape, encoder: Encoder): SentCode {
  const { code } = shape;
  sendCode(encoder, code);
  if (code.isOfModule) encoder.need(code.url);
  const known = knownVariables(f);
  const began = performance.now();
  const { scopes, scriptId } = known ? { scopes: known, scriptId: "" } : seenOf(f, shape);
  if (!known && scopes.length > 0) noteVariables(f, shape, scopes, performance.now() - began);
  const variables = encodeVariables(f, shape, scopes, encoder, scriptId);
  const marker = scopes[shape.thisScope]?.variables[THIS] as (() => unknown) | undefined;
  const args = scopes[shape.argumentsScope]?.variables.arguments as ArrayLike<unknown> | undefined;
  const self = marker?.();
  const parts = {
    ...(marker && { t: encoder.put(self, "this") }),
    ...(args && { a: encoder.put(Array.from(args), "arguments") }),
    ...propertiesOf(f, encoder),
  };
  if (!encoder.leadsBack()) return { c: code.id, v: variables, ...parts };
  return { c: code.id, v: variables, y: self === Object(self) ? 2 : 1, ...parts };
}

/** The scopes of `f` as they are now; none when it takes nothing from them. */
export function seenOf(f: AnyFunction, shape: CodeShape): Pick<Peeked, "scopes" | "scriptId"> {
  const needsLook =
    shape.thisScope >= 0 || shape.argumentsScope >= 0 || shape.bindings.some((binding) => binding.kind === "value");
  return needsLook ? lookInto(f) : UNSEEN;
}

const UNSEEN = { scopes: [], scriptId: "" };

export function encodeVariables(
  f: AnyFunction,
  shape: CodeShape,
  scopes: readonly PeekedScope[],
  encoder: Encoder,
  scriptId: string,
  putValue: (name: string, value: unknown) => SentVariable = (name, value) => [name, "v", encoder.put(value, name)],
): SentVariable[] {
  const sent: SentVariable[] = [];
  for (const binding of shape.bindings) {
    const { name } = binding;
    if (binding.kind === "import") {
      encoder.need(binding.from.key);
      sent.push([name, "i", binding.from.key, binding.from.exported]);
    } else if (binding.kind === "require") {
      sent.push([name, "r", shape.code.url]);
    } else {
      const variable = readVariable(binding.kind === "global" ? globalThis : scopes[binding.scope]?.variables, name);
      if (!variable) continue;
      const { value } = variable;
      if (value === f) {
        sent.push([name, "s"]);
        continue;
      }
      if (binding.kind === "value" && scriptId !== "") noteShared(encoder, f, binding, value, scopes, scriptId);
      const path = typeof value === "object" && value !== null ? builtinObject(value) : undefined;
      sent.push(path ? [name, "b", ...path] : putValue(name, value));
    }
  }
  return sent;
}

/** A variable that has not been initialised is not sent: using it is a ReferenceError there too. */
function readVariable(variables: object | undefined, name: string): { value: unknown } | undefined {
  try {
    return { value: (variables as Record<string, unknown>)[name] };
  } catch {
    return undefined;
  }
}

const STANDARD = new Set<PropertyKey>(["length", "name", "prototype", "arguments", "caller"]);

/** Own properties that the user has given the function. */
function propertiesOf(f: AnyFunction, encoder: Encoder): Pick<SentCode, "p"> | undefined {
  const keys = Reflect.ownKeys(f).filter((key) => !STANDARD.has(key));
  if (keys.length === 0) return undefined;
  return {
    p: keys.map((key) => {
      const step = typeof key === "symbol" ? `[${String(key)}]` : `.${key}`;
      const { enumerable } = Object.getOwnPropertyDescriptor(f, key) as PropertyDescriptor;
      const value = (f as unknown as Record<PropertyKey, unknown>)[key];
      return [encoder.put(key, step), encoder.put(value, step), enumerable ? 1 : 0] as const;
    }),
  };
}
