/**
 * What indexes choose: one integer or range for each dimension becomes a Selection. Views of views compose, and a
 * selection meets the pieces of a layout. Pure arithmetic; nothing here reads an element.
 */
import { UsageError } from "../errors.ts";
import { chunkAt, type Interval, type Layout, pieceWith, type Region } from "./partition.ts";

/** A range of indexes: anything with start, stop and step, as `range()` makes it. */
export interface IndexRange {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

/** One index of an array: an integer (drops the dimension), a range, or ":" (or nothing) for all of the dimension. */
export type Index = number | IndexRange | ":" | undefined | null;

/** The indexes start, start + step, … (`count` of them) of one dimension. */
export interface Selector {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  /** Chosen by an integer: the dimension is not there in the result. */
  readonly drop: boolean;
}

/** One selector for each dimension of the array that is indexed. */
export type Selection = readonly Selector[];

/** Everything of an array with these dimensions. */
export function selectAll(dims: readonly number[]): Selection {
  return dims.map((count) => ({ start: 0, step: 1, count, drop: false }));
}

/** What `indexes` choose of an array with these dimensions. Fewer indexes than dimensions: all of the rest. */
export function select(dims: readonly number[], indexes: readonly Index[]): Selection {
  if (indexes.length > dims.length) {
    throw new UsageError(`${indexes.length} indexes for an array of ${dims.length} dimensions (${shapeText(dims)})`);
  }
  return dims.map((size, d) => selectorOf(indexes[d], size, d, dims));
}

function selectorOf(index: Index, size: number, d: number, dims: readonly number[]): Selector {
  if (index === ":" || index === undefined || index === null) return { start: 0, step: 1, count: size, drop: false };
  if (typeof index === "number") {
    if (Number.isInteger(index) && index >= 0 && index < size) return { start: index, step: 1, count: 1, drop: true };
    throw outside(index, d, dims);
  }
  const { start, stop, step } = index;
  if (![start, stop, step].every(Number.isInteger) || step === 0) {
    throw new UsageError(`index ${d} is neither an integer nor a range of integers: ${String(index)}`);
  }
  const count = Math.max(0, Math.ceil((stop - start) / step));
  const last = start + (count - 1) * step;
  if (count > 0 && (Math.min(start, last) < 0 || Math.max(start, last) >= size)) {
    throw outside(start < 0 || start >= size ? start : last, d, dims);
  }
  return { start, step, count, drop: false };
}

function outside(index: number, d: number, dims: readonly number[]): UsageError {
  return new UsageError(
    `index ${index} of dimension ${d} is outside the array (${shapeText(dims)}, indexes start at 0)`,
  );
}

/** Checks that `indexes` name exactly one element. */
export function selectElement(dims: readonly number[], indexes: readonly number[]): readonly number[] {
  if (indexes.length !== dims.length) {
    throw new UsageError(
      `${indexes.length} indexes for one element of an array of ${dims.length} dimensions (${shapeText(dims)})`,
    );
  }
  for (let d = 0; d < dims.length; d++) {
    const i = indexes[d] as number;
    if (!Number.isInteger(i) || i < 0 || i >= (dims[d] as number)) throw outside(i, d, dims);
  }
  return indexes;
}

/** The dimensions of what is selected. */
export function selectedDims(selection: Selection): number[] {
  return selection.filter((s) => !s.drop).map((s) => s.count);
}

/** A selection of what is selected already: a view of a view. */
export function selectWithin(outer: Selection, indexes: readonly Index[]): Selection {
  const inner = select(selectedDims(outer), indexes);
  let next = 0;
  return outer.map((selector) => {
    if (selector.drop) return selector;
    const { start, step, count, drop } = inner[next++] as Selector;
    return { start: selector.start + start * selector.step, step: step * selector.step, count, drop };
  });
}

/** The part of a selection that one piece has: where in the piece it lies, and where in the result it goes. */
export interface Share {
  readonly chunk: number;
  /** Within the piece. */
  readonly source: Selection;
  /** Within the result, all of the array's dimensions (those dropped have one index). */
  readonly target: Region;
}

/** How a selection is spread over the pieces of a layout: one share for each piece that has any of it. */
export function sharesOf(layout: Layout, selection: Selection): Share[] {
  const along = selection.map((selector, d) => crossings(layout.cuts[d] as readonly number[], selector));
  const shares: Share[] = [];
  const position: number[] = [];
  const visit = (d: number, source: Selector[], target: Interval[]): void => {
    if (d === along.length) {
      shares.push({ chunk: chunkAt(layout.dist, position), source, target });
      return;
    }
    for (const crossing of along[d] as Crossing[]) {
      position[d] = crossing.piece;
      visit(d + 1, [...source, crossing.source], [...target, crossing.target]);
    }
  };
  visit(0, [], []);
  return shares;
}

interface Crossing {
  piece: number;
  source: Selector;
  target: Interval;
}

/** The pieces of one dimension that a selector meets, in the order in which it meets them. */
function crossings(borders: readonly number[], { start, step, count, drop }: Selector): Crossing[] {
  const found: Crossing[] = [];
  for (let k = 0; k < count; ) {
    const index = start + k * step;
    const piece = pieceWith(borders, index);
    const low = borders[piece] as number;
    const high = borders[piece + 1] as number;
    // The first k whose index is beyond this piece.
    const beyond = step > 0 ? Math.ceil((high - start) / step) : Math.floor((start - low) / -step) + 1;
    const next = Math.min(count, beyond);
    found.push({ piece, source: { start: index - low, step, count: next - k, drop }, target: [k, next] });
    k = next;
  }
  return found;
}

export function shapeText(dims: readonly number[]): string {
  return dims.length === 0 ? "0-dimensional" : dims.length === 1 ? `${dims[0]}-element` : dims.join("×");
}
