/** A distributed array out of references: each refers to one chunk, and the chunks stay where they are. */
import { UsageError } from "../errors.ts";
import { registerService } from "../runtime/calls/services.ts";
import { errorOf } from "../runtime/refs/failure.ts";
import { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { slotOf } from "../runtime/refs/store.ts";
import { demandBlock } from "./as-block.ts";
import { ask } from "./ask.ts";
import { build, registerMaker } from "./build.ts";
import { quick } from "./care.ts";
import { DArray } from "./darray.ts";
import type { PieceName } from "./description.ts";
import { chunkAt, gridPosition, type Layout, product } from "./partition.ts";
import { settleAll } from "./settle-all.ts";

type Nested<T> = readonly (T | Nested<T>)[];

/**
 * A distributed array whose chunks are the values of references, laid on a grid: nested arrays of references, or a list and the
 * grid's dimensions. Chunks may be of different sizes as far as they fit together. Each reference is on another process.
 *
 * @example
 * const parts = workers().map((pid) => spawnat(pid, () => [myid(), myid()]));
 * const d = await darrayFrom(parts);
 * console.log(d.dims[0] === 2 * parts.length); // true
 */
export async function darrayFrom<T = number>(refs: Nested<RemoteRef>, grid?: readonly number[]): Promise<DArray<T>> {
  const list = (refs as unknown[]).flat(9) as RemoteRef[];
  if (list.length === 0 || !list.every((ref) => ref instanceof RemoteRef)) {
    throw new UsageError("darrayFrom: expected a list of references, nested as the chunks lie");
  }
  const shapes = await settleAll(list.map((ref) => ask(ref.where, chunkShape, [ref.whence, ref.id])));
  const rank = (shapes[0] as readonly number[]).length;
  const layout = layoutOfChunks(list, shapes, gridOf(refs, grid, list.length, rank));
  return new DArray<T>(await build(layout, "adopt", (chunk) => [nameOf(list[chunk] as RemoteRef)]));
}

function nameOf(ref: RemoteRef): PieceName {
  return [ref.whence, ref.id];
}

/** The grid: as given, or as the list is nested; missing dimensions are not cut. */
function gridOf(refs: Nested<RemoteRef>, given: readonly number[] | undefined, count: number, rank: number): number[] {
  const nested: number[] = [];
  for (let level: unknown = refs; Array.isArray(level); level = level[0]) nested.push(level.length);
  const grid = [...(given ?? nested)];
  while (grid.length < rank) grid.push(1);
  if (grid.length === rank && product(grid) === count) return grid;
  throw new UsageError(`darrayFrom: ${count} chunks of ${rank} dimensions do not make a grid of ${grid.join("×")}`);
}

function layoutOfChunks(refs: readonly RemoteRef[], shapes: readonly (readonly number[])[], dist: number[]): Layout {
  const pids = refs.map((ref) => ref.where);
  const twice = pids.findIndex((pid, i) => pids.indexOf(pid) !== i);
  if (twice >= 0) {
    throw new UsageError(
      `darrayFrom: chunks ${pids.indexOf(pids[twice] as number)} and ${twice} are both on process ${pids[twice]}; each process holds one`,
    );
  }
  const cuts = dist.map((pieces, d) => {
    const borders = [0];
    for (let p = 0; p < pieces; p++) {
      const first = chunkAt(
        dist,
        dist.map((_, k) => (k === d ? p : 0)),
      );
      borders.push((borders[p] as number) + ((shapes[first] as readonly number[])[d] ?? 0));
    }
    return borders;
  });
  for (const [chunk, shape] of shapes.entries()) {
    const at = gridPosition(dist, chunk);
    const fits =
      shape.length === dist.length &&
      shape.every(
        (n, d) => n === (cuts[d]?.[(at[d] as number) + 1] as number) - (cuts[d]?.[at[d] as number] as number),
      );
    if (!fits)
      throw new UsageError(
        `darrayFrom: chunk ${chunk} (${shape.join("×")}) does not fit to those beside it on the grid`,
      );
  }
  return { dims: cuts.map((c) => c.at(-1) as number), dist, pids, cuts };
}

/** Runs on the owner; waits for the value. */
async function chunkShape(name: PieceName): Promise<readonly number[]> {
  return demandBlock(await slotValue(name), "darrayFrom").shape;
}

async function slotValue([whence, id]: PieceName): Promise<unknown> {
  try {
    return await slotOf(whence, id).read();
  } catch (failure) {
    throw errorOf(failure);
  }
}

export function installFromRefs(): void {
  registerService("darray.shape", chunkShape, quick);
  registerMaker("adopt", (_region, name: PieceName) => slotValue(name));
}
