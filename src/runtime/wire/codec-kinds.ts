/**
 * The entries of the built-in kinds of objects, found by prototype and checked by what the object really is, so that
 * something that only looks like a Date is not taken for one.
 */
import { types } from "node:util";
import { bufferTrouble } from "./codec-buffers.ts";
import type { TableWriter } from "./codec-table.ts";
import { errorNames, hiddenErrorFields } from "./error-classes.ts";
import { Entry, Property, viewClasses } from "./table-format.ts";

type EntryWriter = (value: never, table: TableWriter) => unknown;

interface BuiltIn {
  readonly is: (value: object) => boolean;
  readonly write: EntryWriter;
  /** True when own fields of such an object travel by PROPERTIES. */
  readonly withFields: boolean;
}

const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
const isEnumerable = Object.prototype.propertyIsEnumerable;

const builtIns = new Map<object, BuiltIn>();

function builtIn(prototype: object, is: BuiltIn["is"], write: EntryWriter, withFields = true): void {
  builtIns.set(prototype, { is, write, withFields });
}

builtIn(Map.prototype, types.isMap, writeMap);
builtIn(Set.prototype, types.isSet, writeSet);
builtIn(Date.prototype, types.isDate, writeDate);
builtIn(RegExp.prototype, types.isRegExp, writeRegExp);
for (const Boxed of [Number, String, Boolean, Symbol, BigInt]) {
  builtIn(Boxed.prototype, types.isBoxedPrimitive, writeBoxed, Boxed !== String);
}
for (const prototype of errorNames.keys()) builtIn(prototype, isError, writeError, false);
builtIn(DOMException.prototype, isDomException, writeDomException, false);
builtIn(ArrayBuffer.prototype, types.isArrayBuffer, writeBuffer, false);
for (const view of viewClasses) if (view) builtIn(view.prototype, ArrayBuffer.isView, writeBuffer, false);
builtIn(
  URL.prototype,
  (value) => value instanceof URL,
  (url: URL) => [Entry.URL, url.href],
);
builtIn(
  URLSearchParams.prototype,
  (value) => value instanceof URLSearchParams,
  (params: URLSearchParams, table: TableWriter) => [Entry.SEARCH_PARAMS, table.slot(params.toString(), "")],
);

/** How the entry of a built-in kind of object is written; undefined for all other objects and for functions. */
export function entryWriterOf(value: object): ((value: object, table: TableWriter) => unknown) | undefined {
  if (typeof value === "function") return undefined;
  const prototype: unknown = getPrototypeOf(value);
  if (prototype === Object.prototype) return types.isArgumentsObject(value) ? writeArguments : writeObject;
  if (prototype === null) return types.isModuleNamespaceObject(value) ? undefined : writeBareObject;
  const known = builtIns.get(prototype as object);
  if (known === undefined || !known.is(value)) return isForeignPlain(prototype as object) ? writeObject : undefined;
  return known.withFields ? writeWithFields : (known.write as (value: object, table: TableWriter) => unknown);
}

/** What the built-in class keeps of an instance of a class that extends it; undefined when there is nothing of the kind. */
export function baseEntry(value: object, table: TableWriter): { entry: unknown } | undefined {
  if (Array.isArray(value)) return { entry: table.array(value, true) };
  if (types.isMap(value)) return { entry: writeMap(value, table) };
  if (types.isSet(value)) return { entry: writeSet(value, table) };
  if (types.isDate(value)) return { entry: writeDate(value) };
  if (types.isRegExp(value)) return { entry: writeRegExp(value, table) };
  if (types.isBoxedPrimitive(value)) return { entry: writeBoxed(value, table) };
  if (types.isNativeError(value)) return { entry: writeErrorBase(value, table) };
  if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return { entry: writeBuffer(value, table) };
  if (value instanceof URL) return { entry: writeUrl(value) };
  if (value instanceof URLSearchParams) return { entry: writeSearchParams(value, table) };
  return undefined;
}

/** Object.prototype of another realm (a vm context) makes plain objects too. */
function isForeignPlain(prototype: object): boolean {
  return getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

function writeWithFields(value: object, table: TableWriter): unknown {
  const { write } = builtIns.get(getPrototypeOf(value) as object) as BuiltIn;
  const entry = write(value as never, table);
  writeOddProperties(value, Object.keys(value), table, true);
  return entry;
}

function writeObject(value: object, table: TableWriter): unknown {
  return writeProperties([Entry.OBJECT], value, table);
}

function writeBareObject(value: object, table: TableWriter): unknown {
  return writeProperties([Entry.BARE_OBJECT], value, table);
}

function writeProperties(entry: unknown[], value: object, table: TableWriter): unknown {
  const odd: PropertyKey[] = [];
  for (const key of Reflect.ownKeys(value)) {
    const property = getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
    if (property.enumerable && "value" in property) entry.push(table.slot(key, key), table.slot(property.value, key));
    else odd.push(key);
  }
  if (odd.length > 0) writeOddProperties(value, odd, table, false);
  return entry;
}

/** Writes properties that do not fit into the object's own entry: hidden ones, accessors, fields of a Map. */
function writeOddProperties(value: object, keys: PropertyKey[], table: TableWriter, withSymbols: boolean): void {
  const list: unknown[] = [];
  const all = withSymbols ? [...keys, ...enumerableSymbols(value)] : keys;
  for (const key of all) {
    const property = getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
    const bits = property.enumerable ? Property.ENUMERABLE : 0;
    const step = typeof key === "number" ? String(key) : key;
    if ("value" in property) list.push(table.slot(key, step), bits, table.slot(property.value, step), null);
    else {
      const get = table.slot(property.get, step);
      list.push(table.slot(key, step), bits | Property.ACCESSOR, get, table.slot(property.set, step));
    }
  }
  if (list.length > 0) table.properties(list);
}

function enumerableSymbols(value: object): symbol[] {
  const symbols = Object.getOwnPropertySymbols(value);
  return symbols.length === 0 ? symbols : symbols.filter((symbol) => isEnumerable.call(value, symbol));
}

function writeMap(map: Map<unknown, unknown>, table: TableWriter): unknown {
  const entry: unknown[] = [Entry.MAP];
  Map.prototype.forEach.call(map, (item, key) => {
    const name = typeof key === "string" || typeof key === "number" ? JSON.stringify(key) : "…";
    entry.push(table.slot(key, { text: `key ${name}` }), table.slot(item, { text: `.get(${name})` }));
  });
  return entry;
}

function writeSet(set: Set<unknown>, table: TableWriter): unknown {
  const entry: unknown[] = [Entry.SET];
  Set.prototype.forEach.call(set, (item) => {
    entry.push(table.slot(item, { text: "an element" }));
  });
  return entry;
}

function writeDate(date: Date): unknown {
  return [Entry.DATE, Date.prototype.getTime.call(date)];
}

function writeUrl(url: URL): unknown {
  return [Entry.URL, url.href];
}

function writeSearchParams(params: URLSearchParams, table: TableWriter): unknown {
  return [Entry.SEARCH_PARAMS, table.slot(params.toString(), "")];
}

function writeRegExp(expression: RegExp, table: TableWriter): unknown {
  return [
    Entry.REGEXP,
    table.slot(expression.source, "source"),
    expression.flags,
    table.slot(expression.lastIndex, "lastIndex"),
  ];
}

const readers = [Number, String, Boolean, Symbol, BigInt].map((Boxed) => Boxed.prototype.valueOf as () => unknown);

function writeBoxed(boxed: object, table: TableWriter): unknown {
  const kind = [types.isNumberObject, types.isStringObject, types.isBooleanObject, types.isSymbolObject].findIndex(
    (is) => is(boxed),
  );
  return [Entry.BOXED, table.slot((readers.at(kind) as () => unknown).call(boxed), { text: "" })];
}

function writeArguments(list: object, table: TableWriter): unknown {
  const entry: unknown[] = [Entry.ARGUMENTS];
  Array.prototype.forEach.call(list, (item: unknown, index) => entry.push(table.slot(item, index)));
  return entry;
}

/** Errors of Node's loader thread, a file that does not parse or is not found, have the prototype and were made by no constructor. */
function isError(value: object): boolean {
  return types.isNativeError(value) || Object.hasOwn(value, "stack");
}

function writeError(error: Error, table: TableWriter): unknown {
  return writeErrorFields([Entry.ERROR, errorNames.get(getPrototypeOf(error) as object)], error, table);
}

function isDomException(value: object): boolean {
  return value instanceof DOMException;
}

function writeDomException(error: DOMException, table: TableWriter): unknown {
  const entry = [Entry.DOM_EXCEPTION, table.slot(error.message, "message"), table.slot(error.name, "name")];
  return writeErrorFields(entry, error, table);
}

/** The hidden fields only, under the nearest class that every process has. */
function writeErrorBase(error: Error, table: TableWriter): unknown {
  let prototype = getPrototypeOf(error) as object | null;
  while (prototype !== null && !errorNames.has(prototype)) prototype = getPrototypeOf(prototype) as object | null;
  return writeErrorFields([Entry.ERROR, prototype === null ? "Error" : errorNames.get(prototype)], error, table, true);
}

function writeErrorFields(entry: unknown[], error: Error, table: TableWriter, hiddenOnly = false): unknown {
  const hidden = Reflect.ownKeys(error).filter((key) => hiddenErrorFields.has(key) && !isEnumerable.call(error, key));
  entry.push(hidden.length);
  const keys = hiddenOnly ? hidden : [...hidden, ...Object.keys(error), ...enumerableSymbols(error)];
  for (const key of keys) {
    entry.push(table.slot(key, key), table.slot((error as unknown as Record<PropertyKey, unknown>)[key], key));
  }
  return entry;
}

function writeBuffer(value: ArrayBufferLike | ArrayBufferView, table: TableWriter): unknown {
  const trouble = bufferTrouble(value);
  if (trouble !== undefined) table.refuse(trouble);
  table.buffer(value as ArrayBuffer | ArrayBufferView);
  return null;
}
