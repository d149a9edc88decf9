/**
 * Instances of the user's classes: a reference to the class and the own fields; the constructor does not run. What a built-in class keeps of
 * one that extends it (the entries of a Map, the message of an Error) is the codec's part.
 */

import { EventEmitter } from "node:events";
import type { Decoder, Encoder, Extension, Slot } from "../wire/extension.ts";
import { noteConstructor } from "./class.ts";
import { factsOf } from "./names.ts";
import { type AnyFunction, forgetLook, shapeOf } from "./shape.ts";

/** `[STATE]()` of an instance gives what another process needs to make it again; static `[FROM](state)` does that. */
const STATE = Symbol.for("tjl.state");
const FROM = Symbol.for("tjl.from");

interface SentInstance {
  /** Its class, or else its prototype. */
  readonly k?: Slot;
  readonly o?: Slot;
  /** Key, value, key, value … of ordinary fields. */
  readonly f?: readonly Slot[];
  /** Other properties: key, flags, value or getter, setter. */
  readonly p?: readonly (readonly [key: Slot, flags: number, value: Slot, setter?: Slot])[];
  readonly b?: Slot;
  readonly s?: Slot;
}

const ENUMERABLE = 1;
const ACCESSOR = 2;

function encodeInstance(value: object, encoder: Encoder): SentInstance {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return encoder.refuse("a module namespace travels only as an import");
  const c = constructorOf(prototype);
  if (!c) return { o: encoder.put(prototype, "its prototype"), ...fieldsOf(value, encoder, false) };
  const { hidden, isEmitter, tied } = heritage(c);
  if (tied) return encoder.refuse(`a ${c.name || tied} is tied to this process`);
  const state = (value as Record<symbol, unknown>)[STATE];
  if (typeof state === "function" && typeof (c as unknown as Record<symbol, unknown>)[FROM] === "function") {
    noteConstructor(c);
    return { k: encoder.put(c, `class ${c.name}`), s: encoder.put(Reflect.apply(state, value, []), "its state") };
  }
  if (hidden) {
    return encoder.refuse(
      `class ${hidden.name} keeps ${hidden.field}, which only the class can read; ` +
        `give it [Symbol.for("tjl.state")]() and static [Symbol.for("tjl.from")](state)`,
    );
  }
  noteConstructor(c);
  const base = encoder.base(value);
  return {
    k: encoder.put(c, `class ${c.name}`),
    ...fieldsOf(value, encoder, isEmitter),
    ...(base !== undefined && { b: base }),
  };
}

function constructorOf(prototype: object): AnyFunction | undefined {
  const c: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof c === "function" && c.prototype === prototype ? c : undefined;
}

interface Heritage {
  /** The first class that has private fields. */
  readonly hidden: { readonly name: string; readonly field: string } | undefined;
  readonly isEmitter: boolean;
  /** A class of Node's, or of JavaScript's, that the codec does not know. */
  readonly tied: string | undefined;
}

const heritages = new WeakMap<AnyFunction, Heritage>();
const BASES = new Set<unknown>([
  Object,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  Number,
  String,
  Boolean,
  Symbol,
  BigInt,
  ArrayBuffer,
  DataView,
  Buffer,
  URL,
  URLSearchParams,
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
  DOMException,
  Object.getPrototypeOf(Uint8Array),
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]);

function heritage(c: AnyFunction): Heritage {
  let known = heritages.get(c);
  if (known) return known;
  let hidden: Heritage["hidden"];
  let isEmitter = false;
  let tied: string | undefined;
  for (let at: object | null = c.prototype as object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const one = constructorOf(at);
    if (!one || BASES.has(one)) continue;
    if (one === EventEmitter) isEmitter = true;
    else if (isBuiltin(one)) tied ??= one.name;
    else if (!tied) hidden ??= privateField(one);
  }
  known = { hidden, isEmitter, tied };
  heritages.set(c, known);
  return known;
}

function isBuiltin(c: AnyFunction): boolean {
  const { kind } = shapeOf(c);
  forgetLook();
  return kind === "builtin" || kind === "refused";
}

function privateField(c: AnyFunction): { name: string; field: string } | undefined {
  const text = Function.prototype.toString.call(c);
  if (!text.startsWith("class") || !text.includes("#")) return undefined;
  const field = factsOf(text).class?.members.find((member) => member.name?.startsWith("#") && !member.isStatic);
  return field && { name: c.name, field: field.name as string };
}

function fieldsOf(value: object, encoder: Encoder, isEmitter: boolean): Pick<SentInstance, "f" | "p"> {
  const fields: Slot[] = [];
  const others: NonNullable<SentInstance["p"]>[number][] = [];
  const isIndexed = Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof String;
  const isError = value instanceof Error;
  for (const key of Reflect.ownKeys(value)) {
    if (isIndexed && (key === "length" || isIndex(key))) continue;
    if (value instanceof RegExp && key === "lastIndex") continue;
    if (isEmitter && typeof key === "symbol" && isOfNode(key)) continue;
    const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
    if (isError && !property.enumerable && key !== "name") continue;
    const step = typeof key === "symbol" ? `[${String(key)}]` : `.${key}`;
    if (property.enumerable && property.writable)
      fields.push(encoder.put(key, step), encoder.put(property.value, step));
    else {
      const flags = (property.enumerable ? ENUMERABLE : 0) | ("value" in property ? 0 : ACCESSOR);
      if (flags & ACCESSOR)
        others.push([encoder.put(key, step), flags, encoder.put(property.get, step), encoder.put(property.set, step)]);
      else others.push([encoder.put(key, step), flags, encoder.put(property.value, step)]);
    }
  }
  return { ...(fields.length > 0 && { f: fields }), ...(others.length > 0 && { p: others }) };
}

function isIndex(key: PropertyKey): boolean {
  return typeof key === "string" && /^\d+$/.test(key);
}

let symbolsOfNode: Set<symbol> | undefined;

/** Node marks emitters with symbols of its own. */
function isOfNode(key: symbol): boolean {
  symbolsOfNode ??= new Set(Object.getOwnPropertySymbols(new EventEmitter()));
  return symbolsOfNode.has(key);
}

function decodeInstance(payload: unknown, decoder: Decoder): object {
  const sent = payload as SentInstance;
  if ("s" in sent) {
    const c = decoder.get(sent.k) as unknown as Record<symbol, (state: unknown) => object>;
    return Reflect.apply(c[FROM] as (state: unknown) => object, c, [decoder.get(sent.s)]);
  }
  const value = sent.b === undefined ? {} : decoder.base(sent.b);
  decoder.made(value);
  const prototype =
    "k" in sent ? ((decoder.get(sent.k) as AnyFunction).prototype as object) : (decoder.get(sent.o) as object);
  Object.setPrototypeOf(value, prototype);
  decoder.later(() => fill(value, sent, decoder));
  return value;
}

function fill(value: object, sent: SentInstance, decoder: Decoder): void {
  const { f: fields = [] } = sent;
  for (let i = 0; i < fields.length; i += 2)
    define(value, decoder.get(fields[i]) as PropertyKey, decoder.get(fields[i + 1]));
  for (const [key, flags, first, setter] of sent.p ?? []) {
    const shared = { enumerable: (flags & ENUMERABLE) !== 0, configurable: true };
    Object.defineProperty(
      value,
      decoder.get(key) as PropertyKey,
      flags & ACCESSOR
        ? { get: decoder.get(first) as () => unknown, set: decoder.get(setter) as (value: unknown) => void, ...shared }
        : { value: decoder.get(first), writable: true, ...shared },
    );
  }
}

/** A class may have a setter of that name: the field is the instance's own all the same. */
function define(value: object, key: PropertyKey, field: unknown): void {
  if (key in value)
    Object.defineProperty(value, key, { value: field, enumerable: true, writable: true, configurable: true });
  else (value as Record<PropertyKey, unknown>)[key] = field;
}

export const instanceExtension: Extension = {
  tag: "inst",
  isLast: true,
  matches: (value): value is object => typeof value === "object",
  encode: encodeInstance,
  decode: decodeInstance,
};
