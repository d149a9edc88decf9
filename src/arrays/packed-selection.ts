/** Selections as plain numbers for the wire. */
import type { Selection } from "./selection.ts";

export type PackedSelection = readonly number[];

export function packSelection(selection: Selection): PackedSelection {
  return selection.flatMap(({ start, step, count, drop }) => [start, step, count, drop ? 1 : 0]);
}

export function unpackSelection(packed: PackedSelection): Selection {
  return Array.from({ length: packed.length / 4 }, (_, d) => {
    const [start, step, count, drop] = packed.slice(4 * d, 4 * d + 4) as [number, number, number, number];
    return { start, step, count, drop: drop === 1 };
  });
}
