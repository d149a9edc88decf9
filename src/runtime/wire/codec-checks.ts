/** What the reader of a table takes for granted nowhere: that a part has the type that it should have. What does not fit is a DecodeError. */
import { DecodeError } from "./decode-error.ts";

export type Raw = readonly unknown[];

export function define(target: object, key: PropertyKey, value: unknown, enumerable: boolean): void {
  defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

export function defineProperty(target: object, key: PropertyKey, property: PropertyDescriptor): void {
  let isDefined = false;
  let cause: unknown;
  try {
    isDefined = Reflect.defineProperty(target, key, property);
  } catch (thrown) {
    cause = thrown;
  }
  // The length of an array, for one, cannot be made anything else; what is not even a length throws.
  if (!isDefined) throw new DecodeError(`a field "${String(key)}" that cannot be`, { cause });
}

export function pairs(entry: Raw, from: number): void {
  if ((entry.length - from) % 2 !== 0) throw new DecodeError("a key without its value");
}

export function asArray(value: unknown, what: string): Raw {
  if (Array.isArray(value)) return value;
  throw new DecodeError(`${what} should be a list`);
}

export function asString(value: unknown): string {
  if (typeof value === "string") return value;
  throw new DecodeError("text was expected");
}

export function asNumber(value: unknown): number {
  if (typeof value === "number") return value;
  throw new DecodeError("a number was expected");
}

export function asBytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new DecodeError("bytes were expected");
}

export function asAccessor(value: unknown): unknown {
  if (value === undefined || typeof value === "function") return value;
  throw new DecodeError("a function was expected");
}

export function asBigInt(value: unknown): bigint {
  const text = asString(value);
  const negative = text.startsWith("-");
  const digits = negative ? text.slice(1) : text;
  if (!/^[0-9a-f]+$/.test(digits)) throw new DecodeError("a BigInt that is none");
  try {
    const number = BigInt(`0x${digits}`);
    return negative ? -number : number;
  } catch (cause) {
    throw new DecodeError(`a BigInt of ${digits.length} digits is too large`, { cause });
  }
}

export function asUrl(value: unknown): URL {
  try {
    return new URL(asString(value));
  } catch (cause) {
    throw new DecodeError("a URL that is none", { cause });
  }
}
