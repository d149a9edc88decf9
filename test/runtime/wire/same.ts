/** Tells whether two values are the same in all that counts: kinds, contents, holes, -0, properties, and what is shared. */
import { types } from "node:util";

/** Throws with the way to the first difference. */
export function assertSame(actual: unknown, expected: unknown): void {
  const partners = new Map<object, object>();
  const waiting: [unknown, unknown, string][] = [[actual, expected, "value"]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [a, b, path] = next;
    if (typeof b !== "object" || b === null) {
      if (!Object.is(a, b)) throw new Error(`${path}: ${String(a)} is not ${String(b)}`);
      continue;
    }
    if (typeof a !== "object" || a === null) throw new Error(`${path}: ${String(a)} is not an object`);
    const partner = partners.get(b);
    if (partner !== undefined) {
      if (partner !== a) throw new Error(`${path}: what was shared is not shared any more`);
      continue;
    }
    partners.set(b, a);
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) throw new Error(`${path}: another prototype`);
    compareContents(a, b, path, waiting);
    compareProperties(a, b, path, waiting);
  }
  if (new Set(partners.values()).size !== partners.size) throw new Error("what was apart is shared now");
}

type Waiting = [unknown, unknown, string][];

function compareContents(a: object, b: object, path: string, waiting: Waiting): void {
  if (types.isDate(b)) waiting.push([(a as Date).getTime(), b.getTime(), `${path}.getTime()`]);
  else if (types.isRegExp(b)) waiting.push([String(a), String(b), `String(${path})`]);
  else if (types.isBoxedPrimitive(b)) waiting.push([a.valueOf(), b.valueOf(), `${path}.valueOf()`]);
  else if (types.isMap(b)) {
    waiting.push([[...(a as Map<unknown, unknown>).entries()].flat(), [...b.entries()].flat(), `entries of ${path}`]);
  } else if (types.isSet(b)) waiting.push([[...(a as Set<unknown>)], [...b], `elements of ${path}`]);
  else if (types.isArrayBuffer(b)) {
    compareBytes(new Uint8Array(a as ArrayBuffer), new Uint8Array(b), path);
    waiting.push([(a as ArrayBuffer).maxByteLength, b.maxByteLength, `${path}.maxByteLength`]);
  } else if (ArrayBuffer.isView(b)) {
    const view = a as ArrayBufferView;
    compareBytes(bytesOf(view), bytesOf(b), path);
  } else if (b instanceof URL || b instanceof URLSearchParams) waiting.push([String(a), String(b), `String(${path})`]);
  else if (types.isNativeError(b) !== types.isNativeError(a)) throw new Error(`${path}: an error that is none`);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function compareBytes(a: Uint8Array, b: Uint8Array, path: string): void {
  if (Buffer.compare(a, b) !== 0) throw new Error(`${path}: other bytes`);
}

function compareProperties(a: object, b: object, path: string, waiting: Waiting): void {
  if (ArrayBuffer.isView(b)) return;
  const keys = Reflect.ownKeys(b);
  const other = Reflect.ownKeys(a);
  if (keys.length !== other.length || keys.some((key, i) => key !== other[i])) {
    throw new Error(`${path}: has the keys ${other.map(String)} instead of ${keys.map(String)}`);
  }
  for (const key of keys) {
    const from = Object.getOwnPropertyDescriptor(b, key) as PropertyDescriptor;
    const to = Object.getOwnPropertyDescriptor(a, key) as PropertyDescriptor;
    if (from.enumerable !== to.enumerable) throw new Error(`${path}.${String(key)}: enumerable or not`);
    const value = (d: PropertyDescriptor, of: object) => ("value" in d ? d.value : d.get?.call(of));
    waiting.push([value(to, a), value(from, b), `${path}.${String(key)}`]);
  }
}
