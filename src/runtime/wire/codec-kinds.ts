/**
 * The entries of the built-in kinds of objects, found by prototype and checked by what the object really is, so that
 * something that only looks like a Date is not taken for one.
 */
import { types } from "node:util";
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
builtIn(Date.prototype, types.isDate, (date: Date) => [Entry.DATE, date.getTime()]);
builtIn(RegExp.prototype, types.isRegExp, writeRegExp);
for (const Boxed of [Number, String, Boolean, Symbol, BigInt]) {
  builtIn(Boxed.prototype, types.isBoxedPrimitive, writeBoxed, Boxed !== String);
}
for (const prototype of errorNames.keys()) builtIn(prototype, types.isNativeError, writeError, false);
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

/** Writes the hidden part of an instance of a class that extends a built-in; false when it has none. */
export function writeBase(_value: object, _table: TableWriter): boolean {
  return false;
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

function writeRegExp(expression: RegExp, table: TableWriter): unknown {
  return [
    Entry.REGEXP,
    table.slot(expression.source, "source"),
    expression.flags,
    table.slot(expression.lastIndex, "lastIndex"),
  ];
}

function writeBoxed(boxed: object, table: TableWriter): unknown {
  return [Entry.BOXED, table.slot((boxed as { valueOf(): unknown }).valueOf(), { text: "" })];
}

function writeArguments(list: object, table: TableWriter): unknown {
  const entry: unknown[] = [Entry.ARGUMENTS];
  Array.prototype.forEach.call(list, (item: unknown, index) => entry.push(table.slot(item, index)));
  return entry;
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

function writeErrorFields(entry: unknown[], error: Error, table: TableWriter): unknown {
  const hidden = hiddenErrorFields.filter((key) => Object.hasOwn(error, key) && !isEnumerable.call(error, key));
  entry.push(hidden.length);
  for (const key of [...hidden, ...Object.keys(error), ...enumerableSymbols(error)]) {
    entry.push(table.slot(key, key), table.slot((error as unknown as Record<PropertyKey, unknown>)[key], key));
  }
  return entry;
}

function writeBuffer(value: ArrayBuffer | ArrayBufferView, table: TableWriter): unknown {
  table.buffer(value);
  return null;
}
