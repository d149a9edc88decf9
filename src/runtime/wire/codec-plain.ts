/**
 * The question whether a value may be packed as it is: primitives that msgpack keeps, dense arrays and plain objects, a
 * tree of small depth in which nothing occurs twice. Anything in doubt is answered with no, and goes into a table.
 */

import { inspect } from "node:util";

const MAX_DEPTH = 64;
/** Up to this many objects a look through a list is quicker than a Set. */
const FEW = 8;

const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;
const { getPrototypeOf, getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, keys } = Object;

const few: unknown[] = new Array(FEW).fill(undefined);
let seenCount = 0;
let many: Set<object> | undefined;

export function isPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null ? isPlainOutside(value, false) : isPlainPrimitive(value);
}

/** The same for the elements of a dense list of the runtime's own making, which needs no look itself. */
export function areAllPlain(list: readonly unknown[]): boolean {
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item === "object" && item !== null) return isPlainOutside(list, true);
    if (!isPlainPrimitive(item)) return false;
  }
  return true;
}

function isPlainOutside(value: object, isOwnList: boolean): boolean {
  seenCount = 0;
  try {
    return isPlainTree(value, 0, isOwnList);
  } finally {
    many = undefined;
    for (let i = 0; i < FEW && i < seenCount; i++) few[i] = undefined;
  }
}

/** False for -0, large BigInts, symbols, functions, and strings that UTF-8 cannot carry. */
export function isPlainPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "number":
      return value !== 0 || 1 / value > 0;
    case "string":
      return isPlainString(value);
    case "boolean":
    case "undefined":
      return true;
    case "bigint":
      return BigInt.asIntN(64, value) === value;
    default:
      return value === null;
  }
}

/** False for lone surrogates, and for a leading byte order mark, which decoders swallow. */
export function isPlainString(text: string): boolean {
  return text.charCodeAt(0) !== 0xfeff && text.isWellFormed();
}

function isPlainTree(value: object, depth: number, isOwnList = false): boolean {
  if (depth > MAX_DEPTH || isSeen(value)) return false;
  if (Array.isArray(value)) {
    if (!isOwnList && (getPrototypeOf(value) !== arrayPrototype || hasExtraKeys(value))) return false;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === "object" && item !== null) {
        if (!isPlainTree(item, depth + 1)) return false;
      } else if (!isPlainPrimitive(item) || (item === undefined && !(i in value))) return false;
    }
    return true;
  }
  if (getPrototypeOf(value) !== objectPrototype) return false;
  const names = keys(value);
  if (getOwnPropertyNames(value).length !== names.length || getOwnPropertySymbols(value).length > 0) return false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (name === "__proto__" || !isPlainString(name)) return false;
    const property = getOwnPropertyDescriptor(value, name);
    if (property === undefined || property.get !== undefined || property.set !== undefined) return false;
    const item: unknown = property.value;
    if (typeof item === "object" && item !== null) {
      if (!isPlainTree(item, depth + 1)) return false;
    } else if (!isPlainPrimitive(item)) return false;
  }
  return true;
}

function isSeen(value: object): boolean {
  if (many !== undefined) {
    const before = many.size;
    return many.add(value).size === before;
  }
  for (let i = 0; i < seenCount; i++) if (few[i] === value) return true;
  if (seenCount < FEW) few[seenCount++] = value;
  else many = new Set<object>(few as object[]).add(value);
  return false;
}

/**
 * True when an array has own properties beside its elements, as the result of a match has, or holes. There is no quick
 * way to ask: the names of all elements are listed for a short array; for a long one `inspect` is asked, which can leave
 * them out.
 */
export function hasExtraKeys(array: readonly unknown[]): boolean {
  if (getOwnPropertySymbols(array).length > 0) return true;
  const { length } = array;
  if (length <= SHORT) return keys(array).length !== length;
  return inspect(array, namesOnly) !== `[ ... ${length} more items ]`;
}

const SHORT = 96;
const namesOnly = { maxArrayLength: 0, depth: 0, customInspect: false, maxStringLength: 0 } as const;
