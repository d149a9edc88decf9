/**
 * What a process has to know of a distributed array to work with it: how it is cut, and the name of each piece. Plain data: the
 * services of owners get it instead of the handle, because whoever calls them keeps the array alive meanwhile.
 */
import { self } from "../runtime/wire/identity.ts";
import type { ElementType } from "./dtype.ts";
import { type Layout, type Region, regionOf } from "./partition.ts";
import type { Selection } from "./selection.ts";

/** The slot of a piece on its owner: (whence, id) of its reference. */
export type PieceName = readonly [whence: number, id: number];

export interface Description {
  readonly layout: Layout;
  readonly dtype: ElementType;
  /** As `layout.pids`, one for each piece. */
  readonly pieces: readonly PieceName[];
}

/** The number of the piece that this process has; -1 when it has none. */
export function chunkHere({ layout }: Description): number {
  return layout.pids.indexOf(self.pid);
}

/** A region of the whole array as a selection of it. */
export function selectionOf(region: Region): Selection {
  return region.map(([start, stop]) => ({ start, step: 1, count: stop - start, drop: false }));
}

/** The region of one piece. */
export function regionOfPiece({ layout }: Description, chunk: number): Region {
  return regionOf(layout, chunk);
}
