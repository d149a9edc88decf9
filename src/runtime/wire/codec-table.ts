/**
 * Writes a value as a table (table-format.ts). Each object gets its entry before its content is looked at, and waits in
 * a list until its turn comes: cycles and sharing need no care, and a chain of a million objects needs no stack.
 */
import { SerializationError } from "../../errors.ts";
import { isIdentifier } from "../../identifier.ts";
import { BufferEntries } from "./codec-buffers.ts";
import { baseEntry, entryWriterOf } from "./codec-kinds.ts";
import { hasExtraKeys, isPlain, isPlainPrimitive, isPlainString } from "./codec-plain.ts";
import type { Encoder, Extension, Peer, Slot } from "./extension.ts";
import { loadPartsFor } from "./late-parts.ts";
import { Entry, LONG_STRING, Odd, wellKnownSymbols } from "./table-format.ts";
import { tiedReason } from "./tied.ts";

/** A part of a step in a path that stands for a key or an index of the parent. */
type Step = string | number | symbol | { readonly text: string };

/** How many functions may be taken along one by the other: each is made, on the other side, while the one before waits for it. */
const DEEPEST = 400;

export class TableWriter implements Encoder {
  readonly peer: Peer;
  readonly segments: Uint8Array[] = [];
  readonly commit = (): void => {
    for (const effect of this.#effects) effect();
  };
  readonly #extensions: readonly Extension[];
  readonly #rootName: string | ((index: number) => string) | undefined;
  /** The table, and beside it the values it stands for and the way to each. */
  readonly #entries: unknown[] = [];
  readonly #values: object[] = [];
  readonly #parents: number[] = [];
  readonly #steps: Step[] = [];
  readonly #indexes = new Map<object, number>();
  readonly #buffers = new BufferEntries();
  /** Entries whose content has not been written; the last one is next. */
  readonly #waiting: number[] = [];
  /** Those of them that have been written out of turn. */
  #early = new Set<number>();
  #effects: (() => void)[] = [];
  #needs: string[] = [];
  /** What was sent ahead: tag, data, tag, data … and the keys of what is in it. */
  readonly #ahead: unknown[] = [];
  readonly #aheadKeys: string[] = [];
  /** Indexes of PROPERTIES entries by the entry they belong to. */
  readonly #propertyEntries = new Map<number, number[]>();
  #current = -1;
  /** The parts that the current extension value has put. */
  #parts: number[] = [];
  /** Extension values whose `encode` runs, outermost first. */
  readonly #inWork: number[] = [];
  /** Entries that are known not to lead to one in work. */
  readonly #clean = new Set<number>();

  constructor(peer: Peer, extensions: readonly Extension[], rootName?: string | ((index: number) => string)) {
    this.peer = peer;
    this.#extensions = extensions;
    this.#rootName = rootName;
  }

  /** The table of `root`. */
  write(root: unknown): unknown[] {
    const slot = this.slot(root, { text: "" });
    this.#drain(0);
    this.#buffers.finish(this.#entries, this.segments);
    const needs = this.#needs.length > 0 ? [...new Set(this.#needs)] : null;
    return [needs, slot, this.#entries, this.#ahead.length > 0 ? this.#ahead : null];
  }

  /** The slot of a part of the current entry. */
  slot(value: unknown, step: Step): Slot {
    switch (typeof value) {
      case "number":
        return value === 0 && 1 / value < 0 ? [Odd.MINUS_ZERO, 0] : value;
      case "string":
        return this.#string(value);
      case "boolean":
      case "undefined":
        return value;
      case "bigint":
        return BigInt.asIntN(64, value) === value ? value : [Odd.BIGINT, value.toString(16)];
      case "symbol":
        return this.#symbol(value, step);
      default:
        return value === null ? null : this.#reference(value as object, step);
    }
  }

  put(value: unknown, step: string): Slot {
    return this.slot(value, { text: step });
  }

  base(value: object): Slot | undefined {
    const outer = this.#current;
    const index = this.#reserve(value, outer, { text: "" });
    this.#current = index;
    const base = baseEntry(value, this);
    this.#current = outer;
    if (base === undefined) {
      this.#truncate(index);
      return undefined;
    }
    this.#entries[index] = base.entry;
    if (this.#inWork.length > 0) this.#parts.push(index);
    return [index];
  }

  onCommit(effect: () => void): void {
    this.#effects.push(effect);
  }

  need(moduleUrl: string): void {
    this.#needs.push(moduleUrl);
  }

  ahead(tag: string, key: string, data: unknown): void {
    const name = `${tag} ${key}`;
    if (this.#aheadKeys.includes(name)) return;
    this.#aheadKeys.push(name);
    this.#ahead.push(tag, data);
  }

  leadsBack(): boolean {
    const visited = new Set<number>();
    const open = [...this.#parts];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (this.#inWork.includes(index)) return true;
      if (visited.has(index) || this.#clean.has(index)) continue;
      visited.add(index);
      this.#writeNow(index);
      const entry = this.#entries[index];
      if (!Array.isArray(entry) || entry[0] !== Entry.PRIMITIVES) collectReferences(entry, open);
      for (const properties of this.#propertyEntries.get(index) ?? [])
        collectReferences(this.#entries[properties], open);
    }
    for (const index of visited) this.#clean.add(index);
    return false;
  }

  refuse(reason: string): never {
    throw new SerializationError(this.#path(this.#current), reason);
  }

  try(attempt: () => void): SerializationError | undefined {
    const entries = this.#entries.length;
    const waiting = this.#waiting.length;
    const segments = this.segments.length;
    const effects = this.#effects.length;
    const needs = this.#needs.length;
    const views = this.#buffers.length;
    const ahead = this.#aheadKeys.length;
    const parts = this.#parts;
    const partCount = parts.length;
    const early = new Set(this.#early);
    const inWork = this.#inWork.length;
    const current = this.#current;
    try {
      attempt();
      this.#drain(waiting);
      return undefined;
    } catch (error) {
      this.#truncate(entries);
      this.#waiting.length = waiting;
      this.#early = early;
      this.#clean.clear();
      this.#inWork.length = inWork;
      this.#aheadKeys.length = ahead;
      this.#ahead.length = 2 * ahead;
      this.#parts = parts;
      parts.length = partCount;
      this.segments.length = segments;
      this.#effects.length = effects;
      this.#needs.length = needs;
      this.#buffers.truncate(views);
      if (error instanceof SerializationError) return error;
      throw error;
    } finally {
      this.#current = current;
    }
  }

  /** A view or a buffer: its entry is written when all of the message is known. */
  buffer(value: ArrayBuffer | ArrayBufferView): void {
    this.#buffers.add(this.#current, value);
  }

  /** Properties of the current value that its own entry has no place for. */
  properties(list: unknown[]): void {
    const value = this.#values[this.#current] as object;
    const index = this.#reserve(value, this.#current, { text: "" });
    this.#entries[index] = [Entry.PROPERTIES, this.#current, ...list];
    const known = this.#propertyEntries.get(this.#current);
    if (known === undefined) this.#propertyEntries.set(this.#current, [index]);
    else known.push(index);
  }

  #reference(value: object, step: Step): Slot {
    let index = this.#indexes.get(value);
    if (index === undefined) {
      index = this.#reserve(value, this.#current, step);
      this.#indexes.set(value, index);
      this.#waiting.push(index);
    }
    if (this.#inWork.length > 0) this.#parts.push(index);
    return [index];
  }

  #reserve(value: object, parent: number, step: Step): number {
    const index = this.#entries.push(null) - 1;
    this.#values[index] = value;
    this.#parents[index] = parent;
    this.#steps[index] = step;
    return index;
  }

  /** Writes waiting entries until only `remaining` are left. */
  #drain(remaining: number): void {
    const waiting = this.#waiting;
    while (waiting.length > remaining) {
      const index = waiting.pop() as number;
      if (this.#early.size === 0 || !this.#early.delete(index)) this.#write(index);
    }
  }

  /** Writes an entry out of turn, if it has not been written. */
  #writeNow(index: number): void {
    if (this.#early.has(index) || !this.#waiting.includes(index)) return;
    this.#early.add(index);
    this.#write(index);
  }

  #write(index: number): void {
    const outer = this.#current;
    this.#current = index;
    this.#entries[index] = this.#entry(this.#values[index] as object);
    this.#current = outer;
  }

  #entry(value: object): unknown {
    if (Array.isArray(value) && Object.getPrototypeOf(value) === Array.prototype) return this.array(value, false);
    const write = entryWriterOf(value);
    if (write !== undefined) return write(value, this);
    const tied = tiedReason(value);
    if (tied !== undefined) this.refuse(tied);
    loadPartsFor(value);
    for (const extension of this.#extensions) {
      if (extension.matches(value)) return this.#extension(extension, value);
    }
    return this.refuse(noExtension(value));
  }

  #extension(extension: Extension, value: object): unknown {
    if (this.#inWork.length >= DEEPEST) {
      this.refuse(`more than ${DEEPEST} functions lead from one to the next; keep them in an array`);
    }
    const parts = this.#parts;
    this.#parts = [];
    this.#inWork.push(this.#current);
    const payload = extension.encode(value, this);
    this.#inWork.pop();
    this.#parts = parts;
    return isPlain(payload)
      ? [Entry.EXTENSION, extension.tag, payload]
      : [Entry.EXTENSION_SLOT, extension.tag, this.slot(payload, { text: "" })];
  }

  /** An array; `elementsOnly` leaves out what has a name. */
  array(value: readonly unknown[], elementsOnly: boolean): unknown {
    if (hasExtraKeys(value)) return this.#sparse(value, elementsOnly);
    if (isListOfPrimitives(value)) return [Entry.PRIMITIVES, elementsOnly ? Array.from(value) : value];
    const entry: unknown[] = [Entry.ARRAY];
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (item === undefined && !(i in value)) return this.#sparse(value, elementsOnly);
      entry.push(this.slot(item, i));
    }
    return entry;
  }

  /** An array with holes, or with properties that have names. */
  #sparse(value: readonly unknown[], elementsOnly: boolean): unknown {
    const entry: unknown[] = [Entry.SPARSE, value.length];
    const fields = value as unknown as Record<PropertyKey, unknown>;
    for (const key of Object.keys(value)) {
      const index = arrayIndex(key);
      if (elementsOnly && index === undefined) continue;
      entry.push(this.slot(key, key), this.slot(fields[key], index ?? key));
    }
    if (elementsOnly) return entry;
    for (const key of Object.getOwnPropertySymbols(value)) {
      if (Object.prototype.propertyIsEnumerable.call(value, key))
        entry.push(this.slot(key, key), this.slot(fields[key], key));
    }
    return entry;
  }

  #string(text: string): Slot {
    if (text.length >= LONG_STRING) return this.#longString(text);
    return isPlainString(text) ? text : [Odd.UTF16, Buffer.from(text, "utf16le")];
  }

  #longString(text: string): Slot {
    const isLatin1 = !/[^\0-\xff]/.test(text);
    this.segments.push(Buffer.from(text, isLatin1 ? "latin1" : "utf16le"));
    return [isLatin1 ? Odd.LONG_LATIN1 : Odd.LONG_UTF16, this.segments.length - 1];
  }

  #symbol(value: symbol, step: Step): Slot {
    const key = Symbol.keyFor(value);
    if (key !== undefined) return [Odd.REGISTERED, this.#string(key)];
    const name = wellKnownSymbols.get(value);
    if (name !== undefined) return [Odd.WELL_KNOWN, name];
    const path = [...this.#path(this.#current), ...this.#stepText(this.#current, step)];
    throw new SerializationError(
      path,
      `${String(value)} exists in this process only; Symbol.for("…") makes one that travels`,
    );
  }

  #truncate(length: number): void {
    for (let index = length; index < this.#entries.length; index++) {
      const value = this.#values[index] as object;
      if (this.#indexes.get(value) === index) this.#indexes.delete(value);
    }
    this.#entries.length = length;
    this.#values.length = length;
    this.#parents.length = length;
    this.#steps.length = length;
  }

  #path(index: number): string[] {
    const path: string[] = [];
    for (let at = index; at >= 0; at = this.#parents[at] as number) {
      path.unshift(...this.#stepText(this.#parents[at] as number, this.#steps[at] as Step));
    }
    return path;
  }

  #stepText(parent: number, step: Step): string[] {
    if (typeof step === "object") {
      if (parent >= 0) return step.text === "" ? [] : [step.text];
      return typeof this.#rootName === "string" ? [this.#rootName] : [];
    }
    if (typeof step === "number") {
      return [parent === 0 && typeof this.#rootName === "function" ? this.#rootName(step) : `[${step}]`];
    }
    if (typeof step === "symbol") return [`[${String(step)}]`];
    return [isIdentifier(step) ? `.${step}` : `[${JSON.stringify(step)}]`];
  }
}

/** Adds the entries that slots in `part` refer to. A list of one number that is no slot only makes the answer careful. */
function collectReferences(part: unknown, into: number[]): void {
  if (typeof part !== "object" || part === null) return;
  if (Array.isArray(part)) {
    if (part.length === 1 && typeof part[0] === "number") into.push(part[0]);
    else for (const item of part) collectReferences(item, into);
  } else if (!ArrayBuffer.isView(part)) for (const item of Object.values(part)) collectReferences(item, into);
}

function isListOfPrimitives(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    if (typeof item === "string" && item.length >= LONG_STRING) return false;
    if (!isPlainPrimitive(item) || (item === undefined && !(i in array))) return false;
  }
  return true;
}

function arrayIndex(key: string): number | undefined {
  const index = Number(key);
  return String(index) === key && index >= 0 && Number.isInteger(index) ? index : undefined;
}

function noExtension(value: object): string {
  if (typeof value === "function") return `functions cannot be sent here`;
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name;
  return name ? `nothing tells how an instance of ${name} travels` : "nothing tells how this object travels";
}
