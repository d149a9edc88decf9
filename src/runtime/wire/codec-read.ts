/**
 * Reads a table (table-format.ts) back into a value. The sender may be hostile: each index, count and type is checked, and
 * what does not fit is a DecodeError. Containers are made empty and filled afterwards, without recursion.
 */
import {
  asAccessor,
  asArray,
  asBigInt,
  asBytes,
  asNumber,
  asString,
  asUrl,
  define,
  defineProperty,
  pairs,
  type Raw,
} from "./codec-checks.ts";
import { emptyArguments, emptyArray, emptyError, makeView, ownBuffer, withoutStack } from "./codec-made.ts";
import { DecodeError } from "./decode-error.ts";
import type { Decoder, Extension, Peer, Slot } from "./extension.ts";
import { hasLanded } from "./frames.ts";
import { Entry, Odd, Property, viewClasses, wellKnownSymbols } from "./table-format.ts";

const symbolsByName = new Map([...wellKnownSymbols].map(([symbol, name]) => [name, symbol]));

/** The state of an entry; 0 until somebody asks for it. */
const IN_WORK = 1;
const MADE = 2;

export class TableReader implements Decoder {
  readonly peer: Peer;
  readonly needs: readonly string[];
  readonly #root: unknown;
  readonly #entries: readonly unknown[];
  /** Those that no part has taken yet. */
  readonly #segments: (Uint8Array | undefined)[];
  readonly #extensions: ReadonlyMap<string, Extension>;
  readonly #states: Uint8Array;
  readonly #values: object[] = [];
  /** Properties that wait for their object, by its index. */
  readonly #properties = new Map<number, Raw[]>();
  /** What is made and has to be filled, the last one first. */
  readonly #unfilled: (number | (() => void))[] = [];
  #current = -1;
  /** True while something is being filled from the list: then nested parts are left to the list. */
  #filling = false;

  constructor(table: unknown, segments: readonly Uint8Array[], peer: Peer, extensions: ReadonlyMap<string, Extension>) {
    const [needs, root, entries, ahead] = asArray(table, "the table");
    this.peer = peer;
    this.#root = root;
    this.#entries = asArray(entries, "the entries");
    this.#segments = [...segments];
    this.#extensions = extensions;
    this.#states = new Uint8Array(this.#entries.length);
    this.needs = needs === null ? [] : asArray(needs, "the modules").map((url) => asString(url));
    if (ahead !== null) this.#arrived(asArray(ahead, "what was sent ahead"));
    for (const entry of this.#entries) {
      if (Array.isArray(entry) && entry[0] === Entry.PROPERTIES) this.#expectProperties(entry);
    }
  }

  read(): unknown {
    try {
      return this.get(this.#root);
    } catch (cause) {
      if (cause instanceof RangeError && cause.message.includes("call stack"))
        throw new DecodeError("its parts are nested too deep", { cause });
      throw cause;
    }
  }

  get(slot: Slot): unknown {
    if (typeof slot !== "object" || slot === null) return slot;
    const parts = asArray(slot, "a slot");
    if (parts.length !== 1) return this.#odd(parts);
    const index = this.#index(parts[0]);
    if (this.#states[index] === MADE) return this.#values[index];
    if (this.#filling) return this.#make(index);
    const mark = this.#unfilled.length;
    const value = this.#make(index);
    this.#fillDownTo(mark);
    return value;
  }

  base(slot: Slot): object {
    const parts = asArray(slot, "a slot");
    const index = this.#index(parts.length === 1 ? parts[0] : undefined);
    return this.#states[index] === MADE ? (this.#values[index] as object) : this.#make(index);
  }

  made(value: object): void {
    if (this.#current < 0) throw new Error("`made` is for the time of `decode`");
    this.#values[this.#current] = value;
    this.#states[this.#current] = MADE;
  }

  later(fill: () => void): void {
    this.#unfilled.push(fill);
  }

  #arrived(ahead: Raw): void {
    for (let i = 0; i < ahead.length; i += 2) {
      this.#extensions.get(asString(ahead[i]))?.arrived?.(ahead[i + 1], this.peer);
    }
  }

  #expectProperties(entry: Raw): void {
    const target = this.#index(entry[1]);
    const list = this.#properties.get(target);
    if (list === undefined) this.#properties.set(target, [entry]);
    else list.push(entry);
  }

  #index(value: unknown): number {
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < this.#entries.length)
      return value;
    throw new DecodeError(`entry ${String(value)} is not there`);
  }

  #fillDownTo(mark: number): void {
    const wasFilling = this.#filling;
    this.#filling = true;
    try {
      while (this.#unfilled.length > mark) {
        const next = this.#unfilled.pop() as number | (() => void);
        if (typeof next === "number") this.#fill(next);
        else next();
      }
    } finally {
      this.#filling = wasFilling;
    }
  }

  /** Makes the object of an entry; containers come empty and wait to be filled. */
  #make(index: number): object {
    if (this.#states[index] === IN_WORK) throw new DecodeError(`entry ${index} leads back to itself too early`);
    const entry = asArray(this.#entries[index], "an entry");
    const kind = entry[0];
    if (kind === Entry.EXTENSION || kind === Entry.EXTENSION_SLOT) return this.#makeExtension(index, entry, kind);
    this.#states[index] = IN_WORK;
    const value = this.#makeBuiltIn(entry);
    this.#values[index] = value;
    this.#states[index] = MADE;
    if (isFilled(kind) || this.#properties.has(index)) this.#unfilled.push(index);
    return value;
  }

  #makeBuiltIn(entry: Raw): object {
    switch (entry[0]) {
      case Entry.OBJECT:
        return {};
      case Entry.BARE_OBJECT:
        return Object.create(null) as object;
      case Entry.ARRAY:
        return [];
      case Entry.PRIMITIVES:
        return asArray(entry[1], "an array") as unknown[];
      case Entry.SPARSE:
        return emptyArray(entry[1], entry.length);
      case Entry.MAP:
        return new Map();
      case Entry.SET:
        return new Set();
      case Entry.DATE:
        return new Date(asNumber(entry[1]));
      case Entry.REGEXP:
        return this.#regExp(entry);
      case Entry.BOXED:
        return this.#boxed(entry[1]);
      case Entry.ERROR:
        return emptyError(entry[1]);
      case Entry.DOM_EXCEPTION:
        return withoutStack(() => new DOMException(asString(this.get(entry[1])), asString(this.get(entry[2]))));
      case Entry.BUFFER:
        return this.#buffer(entry);
      case Entry.VIEW:
        return this.#view(entry);
      case Entry.LONE_VIEW:
        return this.#loneView(entry);
      case Entry.URL:
        return asUrl(entry[1]);
      case Entry.SEARCH_PARAMS:
        return new URLSearchParams(asString(this.get(entry[1])));
      case Entry.ARGUMENTS:
        return emptyArguments(entry.length - 1);
      default:
        throw new DecodeError(`an entry of the unknown kind ${String(entry[0])}`);
    }
  }

  #fill(index: number): void {
    const entry = this.#entries[index] as Raw;
    const value = this.#values[index] as object;
    switch (entry[0]) {
      case Entry.OBJECT:
      case Entry.BARE_OBJECT:
        this.#fillProperties(value, entry, 1);
        break;
      case Entry.ARRAY:
        for (let i = 1; i < entry.length; i++) (value as unknown[]).push(this.get(entry[i]));
        break;
      case Entry.SPARSE:
        this.#fillProperties(value, entry, 2);
        break;
      case Entry.MAP:
        pairs(entry, 1);
        for (let i = 1; i < entry.length; i += 2) {
          (value as Map<unknown, unknown>).set(this.get(entry[i]), this.get(entry[i + 1]));
        }
        break;
      case Entry.SET:
        for (let i = 1; i < entry.length; i++) (value as Set<unknown>).add(this.get(entry[i]));
        break;
      case Entry.ERROR:
        this.#fillError(value, entry, 2);
        break;
      case Entry.DOM_EXCEPTION:
        this.#fillError(value, entry, 3);
        break;
      case Entry.ARGUMENTS:
        for (let i = 1; i < entry.length; i++) (value as Record<number, unknown>)[i - 1] = this.get(entry[i]);
        break;
    }
    const properties = this.#properties.get(index);
    if (properties !== undefined) for (const list of properties) this.#defineProperties(value, list);
  }

  #fillProperties(value: object, entry: Raw, from: number): void {
    pairs(entry, from);
    for (let i = from; i < entry.length; i += 2) {
      const key = this.#key(entry[i]);
      const item = this.get(entry[i + 1]);
      // Names that mean something on Object.prototype become fields of the object's own.
      if (key in value) define(value, key, item, true);
      else (value as Record<PropertyKey, unknown>)[key] = item;
    }
  }

  #fillError(error: object, entry: Raw, at: number): void {
    const hidden = asNumber(entry[at]);
    const from = at + 1;
    pairs(entry, from);
    for (let i = from; i < entry.length; i += 2) {
      define(error, this.#key(entry[i]), this.get(entry[i + 1]), (i - from) / 2 >= hidden);
    }
  }

  #defineProperties(value: object, list: Raw): void {
    for (let i = 2; i < list.length; i += 4) {
      const key = this.#key(list[i]);
      const bits = asNumber(list[i + 1]);
      const enumerable = (bits & Property.ENUMERABLE) !== 0;
      if ((bits & Property.ACCESSOR) === 0) define(value, key, this.get(list[i + 2]), enumerable);
      else {
        const get = asAccessor(this.get(list[i + 2]));
        const set = asAccessor(this.get(list[i + 3]));
        defineProperty(value, key, { get, set, enumerable, configurable: true } as PropertyDescriptor);
      }
    }
  }

  #makeExtension(index: number, entry: Raw, kind: number): object {
    const tag = asString(entry[1]);
    const extension = this.#extensions.get(tag);
    if (extension === undefined) throw new DecodeError(`it has a value of the unknown kind "${tag}"`);
    this.#states[index] = IN_WORK;
    const outer = this.#current;
    const wasFilling = this.#filling;
    this.#current = index;
    this.#filling = false;
    try {
      const payload = kind === Entry.EXTENSION ? entry[2] : this.get(entry[2]);
      const value = extension.decode(payload, this);
      if (this.#states[index] === MADE && this.#values[index] !== value) {
        throw new Error(`the codec extension "${tag}" made one value and returned another`);
      }
      this.#values[index] = value;
      this.#states[index] = MADE;
      if (this.#properties.has(index)) this.#unfilled.push(index);
      return value;
    } finally {
      this.#current = outer;
      this.#filling = wasFilling;
    }
  }

  #key(slot: unknown): PropertyKey {
    if (typeof slot === "string") return slot;
    const key = this.get(slot);
    if (typeof key === "string" || typeof key === "symbol") return key;
    throw new DecodeError("a key is neither text nor symbol");
  }

  #odd(parts: Raw): unknown {
    const data = parts[1];
    switch (parts[0]) {
      case Odd.MINUS_ZERO:
        return -0;
      case Odd.BIGINT:
        return asBigInt(data);
      case Odd.REGISTERED:
        return Symbol.for(asString(this.get(data)));
      case Odd.WELL_KNOWN: {
        const symbol = symbolsByName.get(asString(data));
        if (symbol === undefined) throw new DecodeError(`this Node has no Symbol.${asString(data)}`);
        return symbol;
      }
      case Odd.UTF16:
        return asBytes(data).toString("utf16le");
      case Odd.LONG_UTF16:
        return Buffer.from(this.#segment(data)).toString("utf16le");
      case Odd.LONG_LATIN1:
        return Buffer.from(this.#segment(data)).toString("latin1");
      default:
        throw new DecodeError("a slot of an unknown kind");
    }
  }

  #regExp(entry: Raw): RegExp {
    const source = asString(this.get(entry[1]));
    const flags = asString(entry[2]);
    const lastIndex = this.get(entry[3]);
    try {
      const expression = new RegExp(source, flags);
      if (lastIndex !== 0) (expression as { lastIndex: unknown }).lastIndex = lastIndex;
      return expression;
    } catch (cause) {
      throw new DecodeError(`this Node does not know the regular expression /${source}/${flags}`, { cause });
    }
  }

  #boxed(slot: unknown): object {
    const value = this.get(slot);
    if (value === null || value === undefined) throw new DecodeError("a boxed primitive without its primitive");
    return Object(value) as object;
  }

  #buffer(entry: Raw): ArrayBuffer {
    const bytes = this.#blob(entry[1]);
    if (entry[2] === undefined) return ownBuffer(bytes);
    const maxByteLength = asNumber(entry[2]);
    try {
      const buffer = new ArrayBuffer(bytes.byteLength, { maxByteLength });
      new Uint8Array(buffer).set(bytes);
      return buffer;
    } catch (cause) {
      throw new DecodeError(`a resizable buffer of ${maxByteLength} bytes cannot be made here`, { cause });
    }
  }

  #view(entry: Raw): object {
    const index = this.#index(entry[2]);
    if (this.#states[index] !== MADE) {
      if ((this.#entries[index] as Raw | null)?.[0] !== Entry.BUFFER) throw new DecodeError("a view without a buffer");
      this.#make(index);
    }
    const buffer = this.#values[index];
    if (!(buffer instanceof ArrayBuffer)) throw new DecodeError("a view without a buffer");
    const length = asNumber(entry[4]);
    return makeView(entry[1], buffer, asNumber(entry[3]), length === -1 ? undefined : length);
  }

  #loneView(entry: Raw): object {
    const bytes = this.#blob(entry[2]);
    if (!hasLanded(bytes)) return makeView(entry[1], ownBuffer(bytes), 0, undefined);
    const elementBytes = viewClasses[entry[1] as number]?.elementBytes ?? 1;
    return makeView(entry[1], bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / elementBytes);
  }

  #blob(value: unknown): Uint8Array {
    return typeof value === "number" ? this.#segment(value) : asBytes(value);
  }

  /** Each belongs to one part: copied again and again it would fill the memory. */
  #segment(number: unknown): Uint8Array {
    const segment = typeof number === "number" ? this.#segments[number] : undefined;
    if (segment === undefined) throw new DecodeError(`segment ${String(number)} is not there, or taken`);
    this.#segments[number as number] = undefined;
    return segment;
  }
}

function isFilled(kind: unknown): boolean {
  switch (kind) {
    case Entry.OBJECT:
    case Entry.BARE_OBJECT:
    case Entry.ARRAY:
    case Entry.SPARSE:
    case Entry.MAP:
    case Entry.SET:
    case Entry.ERROR:
    case Entry.DOM_EXCEPTION:
    case Entry.ARGUMENTS:
      return true;
    default:
      return false;
  }
}
