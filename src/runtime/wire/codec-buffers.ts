/**
 * Buffers and views of a message. A view takes along what it shows, not the whole of a large buffer below it (a WASM
 * heap, Node's pool); views of one buffer that travel together still share one at the other end.
 */
import { types } from "node:util";
import { Entry, SEGMENT_BYTES, type ViewClass, viewClasses } from "./table-format.ts";

interface Added {
  readonly index: number;
  readonly value: ArrayBuffer | ArrayBufferView;
}

/** A stretch of one buffer, and the entries of the views in it. */
interface Stretch {
  start: number;
  end: number;
  readonly views: Added[];
}

const classByPrototype = new Map<object, ViewClass>();
for (const view of viewClasses) if (view) classByPrototype.set(view.prototype, view);

export class BufferEntries {
  readonly #added: Added[] = [];

  get length(): number {
    return this.#added.length;
  }

  truncate(length: number): void {
    this.#added.length = length;
  }

  add(index: number, value: ArrayBuffer | ArrayBufferView): void {
    this.#added.push({ index, value });
  }

  /** Writes the entries of all that were added; large buffers go to `segments`. */
  finish(entries: unknown[], segments: Uint8Array[]): void {
    for (const [buffer, added] of this.#byBuffer()) finishBuffer(buffer, added, entries, segments);
  }

  #byBuffer(): Map<ArrayBuffer, Added[]> {
    const groups = new Map<ArrayBuffer, Added[]>();
    for (const added of this.#added) {
      const buffer = (ArrayBuffer.isView(added.value) ? added.value.buffer : added.value) as ArrayBuffer;
      const group = groups.get(buffer);
      if (group === undefined) groups.set(buffer, [added]);
      else group.push(added);
    }
    return groups;
  }
}

function finishBuffer(buffer: ArrayBuffer, added: Added[], entries: unknown[], segments: Uint8Array[]): void {
  const whole = added.find(({ value }) => value === buffer);
  const maxByteLength = (buffer as { resizable?: boolean }).resizable ? buffer.maxByteLength : undefined;
  const views = added.filter((one) => one !== whole);
  if (whole !== undefined || maxByteLength !== undefined || isSmall(buffer, views)) {
    const index = whole?.index ?? entries.push(null) - 1;
    const content = blob(new Uint8Array(buffer), segments);
    entries[index] = maxByteLength === undefined ? [Entry.BUFFER, content] : [Entry.BUFFER, content, maxByteLength];
    for (const one of views) entries[one.index] = viewEntry(one, index, 0);
    return;
  }
  for (const stretch of stretches(buffer, views)) {
    const bytes = new Uint8Array(buffer, stretch.start, stretch.end - stretch.start);
    const first = stretch.views[0] as Added;
    if (stretch.views.length === 1) {
      const view = first.value as ArrayBufferView;
      entries[first.index] = [Entry.LONE_VIEW, classOf(view).code, blob(bytes, segments)];
      continue;
    }
    const index = entries.push([Entry.BUFFER, blob(bytes, segments)]) - 1;
    for (const one of stretch.views) entries[one.index] = viewEntry(one, index, stretch.start);
  }
}

/** A small buffer travels whole with its view, save Node's buffers, which share memory with strangers. */
function isSmall(buffer: ArrayBuffer, views: Added[]): boolean {
  if (buffer.byteLength > SEGMENT_BYTES) return false;
  const only = views[0]?.value as ArrayBufferView;
  return views.length > 1 || (!Buffer.isBuffer(only) && only.byteLength < buffer.byteLength);
}

/** One stretch from the first view to the last, if that wastes little; else one for each set of overlapping views. */
function stretches(buffer: ArrayBuffer, views: Added[]): Stretch[] {
  const sorted = [...views].sort((a, b) => offsetOf(a) - offsetOf(b));
  const parts: Stretch[] = [];
  let used = 0;
  for (const one of sorted) {
    const view = one.value as ArrayBufferView;
    const last = parts.at(-1);
    const end = view.byteOffset + view.byteLength;
    if (last !== undefined && view.byteOffset < last.end) {
      used += Math.max(0, end - last.end);
      last.end = Math.max(last.end, end);
      last.views.push(one);
    } else {
      used += view.byteLength;
      parts.push({ start: view.byteOffset, end, views: [one] });
    }
  }
  const first = parts[0] as Stretch;
  const last = parts.at(-1) as Stretch;
  if (parts.length > 1 && last.end - first.start <= 2 * used + SEGMENT_BYTES) {
    return [aligned({ start: first.start, end: last.end, views: sorted }, buffer)];
  }
  return parts.map((part) => (part.views.length > 1 ? aligned(part, buffer) : part));
}

/** Views need offsets that are multiples of their element size, at the other end too. */
function aligned(stretch: Stretch, _buffer: ArrayBuffer): Stretch {
  return { ...stretch, start: stretch.start - (stretch.start % 8) };
}

function offsetOf(added: Added): number {
  return (added.value as ArrayBufferView).byteOffset;
}

function viewEntry(added: Added, bufferIndex: number, start: number): unknown {
  const view = added.value as ArrayBufferView & { length?: number };
  const offset = view.byteOffset - start;
  const length = followsLength(view) ? -1 : view instanceof DataView ? view.byteLength : (view.length as number);
  return [Entry.VIEW, classOf(view).code, bufferIndex, offset, length];
}

function classOf(view: ArrayBufferView): ViewClass {
  let prototype: object | null = Object.getPrototypeOf(view);
  while (prototype !== null) {
    const found = classByPrototype.get(prototype);
    if (found !== undefined) return found;
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  throw new TypeError(`a view of an unknown kind: ${Object.prototype.toString.call(view)}`);
}

interface Resizable extends ArrayBuffer {
  readonly resizable: boolean;
  resize(bytes: number): void;
}

/** True for a view without a length of its own on a resizable buffer; only resizing the buffer tells. */
function followsLength(view: ArrayBufferView): boolean {
  const buffer = view.buffer as Resizable;
  if (!buffer.resizable) return false;
  const bytes = buffer.byteLength;
  const viewed = view.byteLength;
  if (buffer.maxByteLength >= bytes + 8) {
    buffer.resize(bytes + 8);
    const follows = view.byteLength !== viewed;
    buffer.resize(bytes);
    return follows;
  }
  if (view.byteOffset + viewed + 7 < bytes) return false;
  const tail = new Uint8Array(buffer).slice(view.byteOffset);
  buffer.resize(view.byteOffset);
  // A view with a length of its own is out of bounds now and reports the offset 0.
  const follows = view.byteOffset !== 0 || tail.length === bytes;
  buffer.resize(bytes);
  new Uint8Array(buffer).set(tail, view.byteOffset);
  return follows;
}

function blob(bytes: Uint8Array, segments: Uint8Array[]): Buffer | number {
  if (bytes.byteLength < SEGMENT_BYTES) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return segments.push(bytes) - 1;
}

/** Why a buffer cannot travel. */
export function bufferTrouble(value: ArrayBufferLike | ArrayBufferView): string | undefined {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  if (types.isSharedArrayBuffer(buffer)) return "a SharedArrayBuffer is tied to this process; use sharedArray()";
  if ((buffer as { detached?: boolean }).detached) return "its buffer is detached: it was transferred away";
  return undefined;
}
