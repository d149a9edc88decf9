/** What this process has of an array: Julia's localpart and localindexes. */
import { UsageError } from "../errors.ts";
import { Range } from "../parallel/range.ts";
import { fromBlock } from "./as-block.ts";
import { Block } from "./block.ts";
import { chunkHere, type PieceName, regionOfPiece } from "./description.ts";
import { Distributed, type Gathered } from "./distributed.ts";
import type { DType } from "./dtype.ts";
import { pieceNamed } from "./piece.ts";
import { SharedArray } from "./shared-array.ts";

/**
 * The chunk of the array that this process has, the object itself: changes to it are changes to the array. A process that has none
 * gets an empty one.
 *
 * @example
 * const d = await dones([10, 10]);
 * const sums = await Promise.all(d.pids.map((p) => remotecallFetch(p, () => np.sum(localpart(d)))));
 */
export function localpart<T>(d: Distributed<T>): Gathered<T> {
  if (!(d instanceof Distributed)) throw new UsageError("localpart: expected a DArray");
  const from = d.describe();
  const chunk = chunkHere(from);
  if (chunk >= 0) return pieceNamed(from.pieces[chunk] as PieceName).part as Gathered<T>;
  return fromBlock(
    Block.alloc(
      from.dtype,
      d.dims.map(() => 0),
    ),
  ) as Gathered<T>;
}

/**
 * Which part of the array this process has: of a DArray one range for each dimension (empty ones where it has none), of a shared
 * array the range of linear indexes that are its share.
 *
 * @example
 * const d = await dzeros([10, 10]);
 * await everywhere((d: DArray) => console.log(String(localindexes(d))), { args: [d] });
 */
export function localindexes(d: Distributed<never>): Range[];
export function localindexes(s: SharedArray<DType>): Range;
export function localindexes(array: Distributed<never> | SharedArray<DType>): Range[] | Range {
  if (array instanceof SharedArray) return array.localindexes;
  if (!(array instanceof Distributed)) throw new UsageError("localindexes: expected a DArray or a SharedArray");
  const from = array.describe();
  const chunk = chunkHere(from);
  if (chunk < 0) return array.dims.map(() => new Range(0, 0));
  return regionOfPiece(from, chunk).map(([start, stop]) => new Range(start, stop));
}
