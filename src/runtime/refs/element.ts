/** `getindex`: one element or a slice of anything that can be indexed. Runs where the value is, so that only the part travels. */
import { UsageError } from "../../errors.ts";
import { loadPartsFor } from "../wire/late-parts.ts";

interface Indexable {
  getindex?(...indexes: unknown[]): unknown;
  get?(...indexes: unknown[]): unknown;
}

/** A range stands for a slice: anything with start, stop and step. */
interface Span {
  start: number;
  stop: number;
  step: number;
}

/** A layer above indexes its own kinds of values: numpy-ts arrays, distributed arrays. Undefined: not one of its kinds. */
type Indexer = (value: object, indexes: readonly unknown[]) => { element: unknown } | undefined;
const indexers: Indexer[] = [];

export function registerIndexer(indexer: Indexer): void {
  indexers.push(indexer);
}

/**
 * `value[i, j, …]`: elements of arrays (nested ones too), typed arrays, numpy-ts arrays, Maps and objects; a range gives a slice.
 * Without indexes, the value itself.
 *
 * @example
 * console.log(elementOf([[1, 2], [3, 4]], [1, 0])); // 3
 */
export function elementOf(value: unknown, indexes: readonly unknown[]): unknown {
  if (indexes.length === 0) return value;
  if (value === null || value === undefined) {
    throw new UsageError(`cannot index ${String(value)} with [${indexes.map(String).join(", ")}]`);
  }
  if (typeof value === "object") loadPartsFor(value);
  for (const indexer of typeof value === "object" ? indexers : []) {
    const found = indexer(value, indexes);
    if (found) return found.element;
  }
  const own = value as Indexable;
  if (typeof own.getindex === "function") return own.getindex(...indexes);
  if (!isPlainSequence(value) && typeof own.get === "function") return own.get(...indexes);
  const [first, ...rest] = indexes;
  if (isSpan(first)) return sliceOf(value, first).map((part) => elementOf(part, rest));
  return elementOf(memberOf(value, first), rest);
}

function memberOf(value: unknown, index: unknown): unknown {
  if (isPlainSequence(value) || typeof value === "string") {
    const i = Number(index);
    if (!Number.isInteger(i) || i < 0 || i >= value.length) {
      throw new UsageError(`index ${String(index)} is outside 0 to ${value.length - 1}`);
    }
    return value[i];
  }
  return (value as Record<PropertyKey, unknown>)[index as PropertyKey];
}

function sliceOf(value: unknown, span: Span): unknown[] {
  const out: unknown[] = [];
  for (let i = span.start; span.step > 0 ? i < span.stop : i > span.stop; i += span.step) out.push(memberOf(value, i));
  return out;
}

function isPlainSequence(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isSpan(index: unknown): index is Span {
  return typeof index === "object" && index !== null && "start" in index && "stop" in index && "step" in index;
}
