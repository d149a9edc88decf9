/** The names that a user has made on a process, with what they hold: for `whos(pid)` and completion at the prompt. */
import { registerService } from "./services.ts";

export interface Variable {
  name: string;
  type: string;
  /** Of nested values an estimate. */
  bytes: number;
}

/** The global names here that are not in `platformNames`. */
export function listVariables(platformNames: readonly string[]): Variable[] {
  const known = new Set(platformNames);
  return Object.getOwnPropertyNames(globalThis)
    .filter((name) => !known.has(name))
    .map((name) => {
      const value = Object.getOwnPropertyDescriptor(globalThis, name)?.value as unknown;
      return { name, type: typeOf(value), bytes: sizeOf(value, 0) };
    });
}

registerService("variables", listVariables);

const LOOKED_AT = 1000;
const DEPTH = 3;

function sizeOf(value: unknown, depth: number): number {
  if (typeof value === "string") return 2 * value.length;
  if (typeof value === "function") return Function.prototype.toString.call(value).length;
  if (typeof value !== "object" || value === null) return 8;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
  const { nbytes } = value as { nbytes?: unknown };
  if (typeof nbytes === "number") return nbytes;
  const parts: unknown[] =
    value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  const looked = depth > DEPTH ? [] : parts.slice(0, LOOKED_AT);
  const sum = looked.reduce((total: number, part) => total + sizeOf(part, depth + 1), 0);
  return 16 + (looked.length > 0 ? Math.round((sum * parts.length) / looked.length) : 0);
}

function typeOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const { shape, dtype, length } = value as { shape?: number[]; dtype?: string; length?: number };
  if (Array.isArray(shape) && dtype) return `${shape.join("×")} ${dtype} array`;
  const name = value.constructor?.name || "Object";
  return typeof length === "number" ? `${name}(${length})` : name;
}
