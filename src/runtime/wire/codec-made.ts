/** Makes the built-in objects of a table: from bytes, or empty, to be filled by the reader (codec-read.ts). */
import { asNumber, asString } from "./codec-checks.ts";
import { DecodeError } from "./decode-error.ts";
import { errorClasses } from "./error-classes.ts";
import { viewClasses } from "./table-format.ts";

/** A buffer of its own: the memory of a segment as it is, a copy of what lies inside a body. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  if (bytes.byteOffset === 0 && buffer.byteLength === bytes.byteLength && buffer instanceof ArrayBuffer) return buffer;
  const own = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(own).set(bytes);
  return own;
}

export function makeView(code: unknown, buffer: ArrayBuffer, offset: number, length: number | undefined): object {
  const view = typeof code === "number" ? viewClasses[code] : undefined;
  if (view === undefined) throw new DecodeError(`this Node has no typed array of the kind ${String(code)}`);
  try {
    return view.make(buffer, offset, length);
  } catch (cause) {
    throw new DecodeError(`a ${view.name} does not fit its buffer`, { cause });
  }
}

const LONGEST_ARRAY = 0xffff_ffff;
/** V8 takes memory for the holes of an array up to some length; for more of them than this it is not to. */
const MOST_HOLES = 1 << 16;

/** An array that is to be filled with no more than `most` elements. */
export function emptyArray(length: unknown, most: number): unknown[] {
  const count = asNumber(length);
  if (!Number.isInteger(count) || count < 0 || count > LONGEST_ARRAY) throw new DecodeError("an array of no length");
  const array: unknown[] = [];
  // One that has been longest keeps its elements in a table.
  if (count - most > MOST_HOLES) array.length = LONGEST_ARRAY;
  array.length = count;
  return array;
}

/** The `arguments` of a call with so many; a RangeError when the stack has no room for them. */
export function emptyArguments(count: number): object {
  return (function () {
    // biome-ignore lint/complexity/noArguments: this is what makes such an object
    return arguments;
  })(...(new Array(count).fill(undefined) as []));
}

export function emptyError(name: unknown): Error {
  const errorClass = errorClasses.get(asString(name));
  if (errorClass === undefined) throw new DecodeError(`an error of the unknown class ${String(name)}`);
  return withoutStack(() => Object.setPrototypeOf(new Error(), errorClass.prototype) as Error);
}

export function withoutStack<T extends Error>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const error = make();
    delete error.stack;
    return error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
