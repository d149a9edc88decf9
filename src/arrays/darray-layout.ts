/** The same elements in another arrangement: copies, transposes, other shapes, other processes. */
import { UsageError } from "../errors.ts";
import { Block } from "./block.ts";
import { type Built, build, registerMaker } from "./build.ts";
import { type Description, type PieceName, selectionOf } from "./description.ts";
import type { ElementType } from "./dtype.ts";
import { gather } from "./gather.ts";
import { chunkAt, gridPosition, type Layout, product, type Region, sameLayout, sizesOf } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import { type Selection, shapeText } from "./selection.ts";

export function copyOf(d: Description): Promise<Built> {
  return build(d.layout, "copy", (chunk) => [d.pieces[chunk]]);
}

/** The same layout, zeros. */
export function similarTo(d: Description, dtype: ElementType): Promise<Built> {
  return build(d.layout, "empty", () => [dtype]);
}

/** Dimension k of the result is dimension axes[k] of the array. Every piece stays where it is. */
export function transposed(d: Description, axes: readonly number[]): Promise<Built> {
  const from = d.layout;
  if (axes.length !== from.dims.length || axes.toSorted((a, b) => a - b).some((axis, k) => axis !== k)) {
    throw new UsageError(`transpose: [${axes.join(", ")}] is not an order of the ${from.dims.length} dimensions`);
  }
  const turned = <T>(list: readonly T[]) => axes.map((axis) => list[axis] as T);
  const dist = turned(from.dist);
  const source = Array.from({ length: from.pids.length }, (_, chunk) => {
    const at = gridPosition(dist, chunk);
    const before = new Array<number>(axes.length);
    axes.forEach((axis, k) => {
      before[axis] = at[k] as number;
    });
    return chunkAt(from.dist, before);
  });
  const layout = {
    dims: turned(from.dims),
    dist,
    pids: source.map((c) => from.pids[c] as number),
    cuts: turned(from.cuts),
  };
  return build(layout, "transpose", (chunk) => [d.pieces[source[chunk] as number], axes]);
}

/** Another shape with as many elements; no element moves, so the borders of the pieces have to be borders of the new shape too. */
export function reshaped(d: Description, dims: readonly number[]): Promise<Built> {
  if (product(dims) !== product(d.layout.dims)) {
    throw new UsageError(`reshape: ${shapeText(d.layout.dims)} elements do not fit into the shape ${shapeText(dims)}`);
  }
  return build(reshapedLayout(d.layout, dims), "reshape", (chunk) => [d.pieces[chunk]]);
}

/** A layout whose pieces have the same stretches of row-major order: both are cut along their first dimension of any length. */
function reshapedLayout(from: Layout, dims: readonly number[]): Layout {
  const whole = (sizes: readonly number[]) => sizes.map((n) => [0, n]);
  const ones = dims.map(() => 1);
  if (from.pids.length === 1) return { dims, dist: ones, pids: from.pids, cuts: whole(dims) };
  const axis = firstLong(from.dims);
  const target = firstLong(dims);
  const inner = product(from.dims.slice(axis + 1));
  const newInner = product(dims.slice(target + 1));
  const borders = (from.cuts[axis] ?? []).map((b) => (b * inner) / newInner);
  if (from.dist.some((n, d) => n > 1 && d !== axis) || !borders.every(Number.isInteger)) {
    throw new UsageError(
      `reshape: an array of ${shapeText(from.dims)} cut into ${from.dist.join("×")} pieces cannot become ${shapeText(dims)} without moving elements; try redistribute(procs, dist) with pieces along the first dimension, or toArray`,
    );
  }
  const dist = ones.map((n, d) => (d === target ? from.pids.length : n));
  return { dims, dist, pids: from.pids, cuts: whole(dims).map((c, d) => (d === target ? borders : c)) };
}

function firstLong(dims: readonly number[]): number {
  const axis = dims.findIndex((n) => n > 1);
  return Math.max(axis, 0);
}

/** The same elements cut in another way; each new owner fetches its part from those who have it. */
export function redistributed(d: Description, layout: Layout): Promise<Built> {
  if (sameLayout(layout, d.layout)) return copyOf(d);
  return build(layout, "take", (_chunk, region) => [d, selectionOf(region)]);
}

export function installLayout(): void {
  registerMaker("copy", (_region, name: PieceName) => pieceNamed(name).block.copy());
  registerMaker("empty", (region: Region, dtype: ElementType) => Block.alloc(dtype, sizesOf(region)));
  registerMaker("transpose", (_region, name: PieceName, axes: number[]) => pieceNamed(name).block.permute(axes).copy());
  registerMaker("reshape", (region: Region, name: PieceName) => pieceNamed(name).block.copy().reshape(sizesOf(region)));
  registerMaker("take", (_region, from: Description, selection: Selection) => gather(from, selection));
}
