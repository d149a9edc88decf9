/**
 * Classes that travel by value: code, variables, and the state of their static side. A class keeps its identity: it is made once on each
 * process, and brought up to date when it is sent again.
 *
 * A variable that cannot travel does not stop the class, because the methods that use it may never be called there; it
 * becomes something that throws when it is touched.
 */
import type { Decoder, Encoder, Extension, Slot } from "../wire/extension.ts";
import { encodeVariables, type SentVariable, seenOf } from "./capture.ts";
import { classWithId, idOfClass, isOwnClassId, setClassId } from "./class-ids.ts";
import { keptCode, sendCode } from "./code-cache.ts";
import { factoryOf } from "./factory.ts";
import { HERITAGE } from "./names.ts";
import { surroundings, variableValue } from "./revive.ts";
import { type AnyFunction, type CodeShape, shapeOf } from "./shape.ts";

/** A property that the text of the class does not make, or not with this value: value, or getter and setter. */
type SentProperty = readonly [key: Slot, flags: number, value: Slot, setter?: Slot];

const ENUMERABLE = 1;
const ACCESSOR = 2;

interface SentClass {
  readonly c: string;
  readonly id: string;
  readonly v: readonly SentVariable[];
  /** How many of the variables it needs when it is defined; the others may lead back to it. */
  readonly n: number;
  readonly s?: readonly SentProperty[];
  readonly o?: readonly SentProperty[];
  /** For functions used as classes: the class whose prototype theirs inherits from. */
  readonly b?: Slot;
}

/** Functions that have been seen to construct something. */
const constructors = new WeakSet<AnyFunction>();

/** The constructor of an instance that is being sent keeps its identity too, when it is a plain function. */
export function noteConstructor(f: AnyFunction): void {
  constructors.add(f);
}

function isClassLike(f: AnyFunction): boolean {
  const shape = shapeOf(f);
  if (shape.kind !== "code") return false;
  if (shape.code.form === "class") return true;
  if (shape.code.form !== "function") return false;
  const prototype = f.prototype as object | undefined;
  if (prototype === undefined) return false;
  return (
    constructors.has(f) ||
    Reflect.ownKeys(prototype).length > 1 ||
    Object.getPrototypeOf(prototype) !== Object.prototype
  );
}

function encodeClass(c: AnyFunction, encoder: Encoder): SentClass {
  const shape = shapeOf(c) as CodeShape;
  const { code } = shape;
  sendCode(encoder, code);
  if (code.isOfModule) encoder.need(code.url);
  const { scopes, scriptId } = seenOf(c, shape);
  const early = new Set([HERITAGE]);
  for (const binding of shape.bindings) if (binding.kind !== "value" || binding.isEarly) early.add(binding.name);
  const variables = encodeVariables(c, shape, scopes, encoder, scriptId, (name, value) =>
    putOrPoison(name, value, encoder),
  );
  if (shape.facts.hasHeritage) variables.unshift([HERITAGE, "v", encoder.put(parentOf(c), "what it extends")]);
  const isLate = variables.some(([name, kind]) => kind === "v" && !early.has(name)) && encoder.leadsBack();
  const first = isLate ? variables.filter(([name, kind]) => kind !== "v" || early.has(name)) : variables;
  const later = isLate ? variables.filter((variable) => !first.includes(variable)) : [];
  return {
    c: code.id,
    id: idOfClass(c),
    v: [...first, ...later],
    n: first.length,
    ...listed("s", staticProperties(c, code.text, encoder)),
    ...listed("o", prototypeProperties(c, code.text, encoder)),
    ...heritageOf(c, shape, encoder),
  };
}

/** What stands after `extends`, as the class knows it. */
function parentOf(c: AnyFunction): unknown {
  if (Object.getPrototypeOf(c.prototype) === null) return null;
  const parent: unknown = Object.getPrototypeOf(c);
  if (typeof parent === "function") noteConstructor(parent);
  return parent;
}

function putOrPoison(name: string, value: unknown, encoder: Encoder): SentVariable {
  if (typeof value !== "object" && typeof value !== "function") return [name, "v", encoder.put(value, name)];
  let slot: Slot;
  const problem = encoder.try(() => {
    slot = encoder.put(value, name);
  });
  return problem ? [name, "p", problem.message] : [name, "v", slot];
}

function listed<K extends string>(key: K, list: readonly SentProperty[]): { [P in K]?: readonly SentProperty[] } {
  return (list.length > 0 ? { [key]: list } : {}) as { [P in K]?: readonly SentProperty[] };
}

const MADE_BY_THE_TEXT = new Set<PropertyKey>(["length", "name", "prototype", "arguments", "caller"]);

function staticProperties(c: AnyFunction, text: string, encoder: Encoder): SentProperty[] {
  return properties(c, text, encoder, (key) => MADE_BY_THE_TEXT.has(key));
}

function prototypeProperties(c: AnyFunction, text: string, encoder: Encoder): SentProperty[] {
  return properties(c.prototype as object, text, encoder, (key) => key === "constructor");
}

function properties(
  owner: object,
  text: string,
  encoder: Encoder,
  skips: (key: PropertyKey) => boolean,
): SentProperty[] {
  const sent: SentProperty[] = [];
  for (const key of Reflect.ownKeys(owner)) {
    if (skips(key)) continue;
    const property = Object.getOwnPropertyDescriptor(owner, key) as PropertyDescriptor;
    const step = typeof key === "symbol" ? `[${String(key)}]` : `.${key}`;
    const flags = (property.enumerable ? ENUMERABLE : 0) | ("value" in property ? 0 : ACCESSOR);
    if (flags & ACCESSOR) {
      if (isOfText(property.get ?? property.set, text)) continue;
      sent.push([encoder.put(key, step), flags, encoder.put(property.get, step), encoder.put(property.set, step)]);
    } else if (!isOfText(property.value, text)) {
      sent.push([encoder.put(key, step), flags, encoder.put(property.value, step)]);
    }
  }
  return sent;
}

/** Methods that the text of the class makes; a method that has been replaced is another function. */
function isOfText(value: unknown, text: string): boolean {
  return typeof value === "function" && text.includes(Function.prototype.toString.call(value));
}

function heritageOf(c: AnyFunction, shape: CodeShape, encoder: Encoder): { b?: Slot } {
  if (shape.code.form === "class") return {};
  const parent = Object.getPrototypeOf(c.prototype as object) as { constructor?: AnyFunction } | null;
  if (parent === Object.prototype || parent === null) return {};
  const base = parent.constructor;
  if (typeof base !== "function" || base.prototype !== parent) return {};
  noteConstructor(base);
  return { b: encoder.put(base, "the class it inherits from") };
}

function decodeClass(payload: unknown, decoder: Decoder): AnyFunction {
  const sent = payload as SentClass;
  const known = classWithId(sent.id);
  // It has come home: nobody knows its state better than this process.
  if (known && isOwnClassId(sent.id)) {
    decoder.made(known);
    return known;
  }
  const get = (slot: Slot) => decoder.get(slot);
  const code = keptCode(decoder.peer, sent.c);
  const names = sent.v.map(([name]) => name);
  if (known) {
    decoder.made(known);
    assigners.get(known)?.(sent.v.map((variable) => variableValue(variable, get, known)));
    setProperties(known, sent.s, get);
    setProperties(known.prototype as object, sent.o, get);
    return known;
  }
  const factory = factoryOf(code, {
    names,
    isSelfNamed: false,
    isLate: true,
    hasThis: code.usesThis,
    hasArguments: false,
  });
  const first = sent.v.slice(0, sent.n).map((variable) => variableValue(variable, get, undefined));
  const [made, assign] = factory(surroundings(code, sent.v, undefined, []), first);
  const c = made as AnyFunction;
  setClassId(c, sent.id);
  assigners.set(c, assign);
  decoder.made(c);
  if (names.length > 0) {
    const values = sent.v.map((variable, i) =>
      i < sent.n && variable[1] !== "s" ? first[i] : variableValue(variable, get, c),
    );
    assign(values);
  }
  if (sent.b !== undefined) {
    const parent = get(sent.b) as AnyFunction;
    Object.setPrototypeOf(c.prototype, parent.prototype as object);
  }
  setProperties(c, sent.s, get);
  setProperties(c.prototype as object, sent.o, get);
  return c;
}

/** Give a class's variables new values, when it is sent again. */
const assigners = new WeakMap<AnyFunction, (values: readonly unknown[]) => void>();

function setProperties(owner: object, sent: readonly SentProperty[] | undefined, get: (slot: Slot) => unknown): void {
  for (const [key, flags, value, setter] of sent ?? []) {
    const shared = { enumerable: (flags & ENUMERABLE) !== 0, configurable: true };
    const property =
      flags & ACCESSOR
        ? { get: get(value) as () => unknown, set: get(setter) as (value: unknown) => void, ...shared }
        : { value: get(value), writable: true, ...shared };
    Object.defineProperty(owner, get(key) as PropertyKey, property);
  }
}

export const classExtension: Extension<AnyFunction> = {
  tag: "class",
  matches: (value): value is AnyFunction => typeof value === "function" && isClassLike(value),
  encode: encodeClass,
  decode: decodeClass,
};
