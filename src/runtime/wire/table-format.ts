/**
 * The value table on the wire. A message is `[needs, root, entries]`; `root` and the parts of entries are slots, entries
 * are arrays that start with their kind. Types and numbers only; codec-table writes it, codec-read reads it.
 *
 * A slot is a primitive as it is, `[index]` for an entry, or `[odd, data]` for a primitive that msgpack cannot carry.
 */

export const Odd = {
  /** -0 */
  MINUS_ZERO: 0,
  /** A BigInt beyond 64 bits, in hexadecimal with its sign. */
  BIGINT: 1,
  /** A symbol of Symbol.for, by its key. */
  REGISTERED: 2,
  /** A symbol of the language, by its name: "iterator". */
  WELL_KNOWN: 3,
  /** A string that UTF-8 cannot carry, as UTF-16. */
  UTF16: 4,
  /** A long string, as UTF-16, the number of its segment. */
  LONG_UTF16: 5,
  /** A long string of one byte a character, the number of its segment. */
  LONG_LATIN1: 6,
} as const;

/** Kinds of entries, each with what follows it. `blob` is a binary string, or the number of a segment. */
export const Entry = {
  /** (key, slot)… */
  OBJECT: 0,
  /** (key, slot)… without a prototype */
  BARE_OBJECT: 1,
  /** slot… */
  ARRAY: 2,
  /** one array of primitives, as it is */
  PRIMITIVES: 3,
  /** length, (key, slot)… with holes or names */
  SPARSE: 4,
  /** (slot, slot)… */
  MAP: 5,
  /** slot… */
  SET: 6,
  /** milliseconds */
  DATE: 7,
  /** source slot, flags, lastIndex slot */
  REGEXP: 8,
  /** slot of the primitive */
  BOXED: 9,
  /** class name, number of hidden fields, (key, slot)… hidden ones first */
  ERROR: 10,
  /** message slot, name slot, number of hidden fields, (key, slot)… */
  DOM_EXCEPTION: 11,
  /** blob, largest size when resizable */
  BUFFER: 12,
  /** class number, entry of the buffer, offset, length or -1 when it follows the buffer's */
  VIEW: 13,
  /** class number, blob: a view with a buffer of its own */
  LONE_VIEW: 14,
  /** text */
  URL: 15,
  /** text */
  SEARCH_PARAMS: 16,
  /** slot… */
  ARGUMENTS: 17,
  /** tag, payload */
  EXTENSION: 18,
  /** tag, slot of the payload */
  EXTENSION_SLOT: 19,
  /** index of an entry, then (key, bits, slot | getter slot, setter slot)…: properties that are not plain */
  PROPERTIES: 20,
} as const;

/** Bits of a property in PROPERTIES. */
export const Property = { ENUMERABLE: 1, ACCESSOR: 2 } as const;

/** Buffers from this size on are segments of the frame. */
export const SEGMENT_BYTES = 4096;
/** Strings from this length on are segments of the frame. */
export const LONG_STRING = 1 << 20;

const viewNames = [
  "Buffer",
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
] as const;

export interface ViewClass {
  readonly code: number;
  readonly name: string;
  readonly elementBytes: number;
  readonly prototype: object;
  make(buffer: ArrayBuffer, offset: number, length?: number): ArrayBufferView;
}

type ViewConstructor = {
  new (buffer: ArrayBuffer, offset: number, length?: number): ArrayBufferView;
  readonly BYTES_PER_ELEMENT?: number;
  readonly prototype: object;
};

/** The classes of views by their number; one that this Node does not have is left out. */
export const viewClasses: readonly (ViewClass | undefined)[] = viewNames.map((name, code) => {
  const View = (globalThis as unknown as Record<string, ViewConstructor | undefined>)[name];
  if (View === undefined) return undefined;
  const make =
    name === "Buffer"
      ? (buffer: ArrayBuffer, offset: number, length?: number) => Buffer.from(buffer, offset, length)
      : (buffer: ArrayBuffer, offset: number, length?: number) => new View(buffer, offset, length);
  return {
    code,
    name,
    elementBytes: name === "Buffer" ? 1 : (View.BYTES_PER_ELEMENT ?? 1),
    prototype: View.prototype,
    make,
  };
});

/** The symbols of the language by name. */
export const wellKnownSymbols: ReadonlyMap<symbol, string> = new Map(
  Object.getOwnPropertyNames(Symbol)
    .map((name): [unknown, string] => [(Symbol as unknown as Record<string, unknown>)[name], name])
    .filter((pair): pair is [symbol, string] => typeof pair[0] === "symbol"),
);
