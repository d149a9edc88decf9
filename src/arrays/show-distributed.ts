/** A DArray as text: what and where it is, and its corners, which are all that is fetched of it. */
import { type Block, readAt } from "./block.ts";
import type { DArray } from "./darray.ts";
import { gather } from "./gather.ts";
import type { Selector } from "./selection.ts";
import { cornersOf, elementText, table } from "./show.ts";

/** A run of neighbouring indexes. */
type Run = Pick<Selector, "start" | "count">;

export async function showDArray(d: DArray, { rows = 24, width = 80 } = {}): Promise<string> {
  if (d.isClosed || d.ndim === 0 || d.ndim > 2 || d.length === 0) return String(d);
  const isMatrix = d.ndim === 2;
  const [height, columns] = isMatrix ? (d.dims as [number, number]) : [1, d.dims[0] as number];
  const corners = cornersOf(height, columns, rows, width);
  const description = d.describe();
  const pieces = runsOf(corners.rows).flatMap((down) => runsOf(corners.columns).map((across) => ({ down, across })));
  const blocks = await Promise.all(
    pieces.map(({ down, across }) => {
      const runs = isMatrix ? [down, across] : [across];
      const selection = runs.map((run) => ({ ...run, step: 1, drop: false }));
      return gather(description, selection);
    }),
  );
  const text = (i: number, j: number): string => {
    const at = pieces.findIndex(({ down, across }) => holds(down, i) && holds(across, j));
    const { down, across } = pieces[at] as { down: Run; across: Run };
    return elementText(elementAt(blocks[at] as Block, i - down.start, j - across.start), d.dtype);
  };
  return `${d}:\n${table(corners, width, text)}`;
}

function runsOf(indexes: readonly (number | undefined)[]): Run[] {
  const gap = indexes.indexOf(undefined);
  const parts = gap < 0 ? [indexes] : [indexes.slice(0, gap), indexes.slice(gap + 1)];
  return parts.map((part) => ({ start: part[0] as number, count: part.length }));
}

function holds({ start, count }: Run, index: number): boolean {
  return index >= start && index < start + count;
}

function elementAt(block: Block, i: number, j: number): unknown {
  const [down, across] = block.strides.length === 2 ? (block.strides as [number, number]) : [0, block.strides[0] ?? 0];
  return readAt(block, block.offset + i * down + j * across);
}
