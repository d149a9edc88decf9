/**
 * Reductions of distributed arrays: each owner reduces its piece, the partial results go together in the order of the pieces. To a
 * value they come here; along dimensions the first owner of each line of pieces collects them.
 */
import { UsageError } from "../errors.ts";
import type { Care } from "../runtime/calls/function-table.ts";
import { registerService } from "../runtime/calls/services.ts";
import { ofList } from "./as-block.ts";
import { ask } from "./ask.ts";
import type { Block } from "./block.ts";
import { type Built, build, registerMaker } from "./build.ts";
import { short } from "./care.ts";
import type { Description, PieceName } from "./description.ts";
import { elementwise } from "./elementwise.ts";
import { foldAll, foldAlong } from "./fold-block.ts";
import { type ElementFunction, mapBlock } from "./map-block.ts";
import { type Moments, mergeMoments, momentsAlong, varianceOf } from "./moments.ts";
import { type PackedBlock, packBlock, unpackBlock } from "./packed-block.ts";
import { chunkAt, gridPosition, type Layout, product, type Region } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import { mergeInto, type Reduction, reduceAlong, reducedValue } from "./reduce-block.ts";
import { scalarBlock } from "./scalar-block.ts";
import { settleAll } from "./settle-all.ts";

/** How elements are put together: by name, or by a function. Before that `map` may change them. */
export interface Reducing {
  readonly op: Reduction | ElementFunction;
  readonly map?: ElementFunction | undefined;
}

/** One dimension or a list of them. */
export type Along = number | readonly number[];

/** Where a piece is. */
type Place = readonly [pid: number, name: PieceName];

/** All elements to one value. `init` stands before them all, and for none. */
export async function reduceToValue(d: Description, how: Reducing, init?: { value: unknown }): Promise<unknown> {
  if (typeof how.op === "string" && /^(min|max)$/.test(how.op) && product(d.layout.dims) === 0) {
    throw new UsageError(`${how.op} of an array without elements`);
  }
  const axes = d.layout.dims.map((_, axis) => axis);
  const partials = await partialsOf(placesOf(d), how, axes);
  const filled = partials.filter((p) => p !== undefined);
  if (typeof how.op === "function") return foldValues(how.op, filled, init);
  const [into, ...rest] = filled as [Block, ...Block[]];
  for (const part of rest) mergeInto(how.op, into, part);
  const value = reducedValue(how.op, into, how.map ? into.dtype : d.dtype);
  return init ? joined(how.op, init.value, value) : value;
}

/** Two values of a reduction with a name, by the same loops. */
function joined(op: Reduction, a: unknown, b: unknown): unknown {
  const both = [scalarBlock(a), scalarBlock(b)].map((block) => reduceAlong(op, block, []));
  const [into, part] = both as [Block, Block];
  mergeInto(op, into, part);
  return reducedValue(op, into, "float64");
}

function foldValues(op: ElementFunction, partials: readonly Block[], init?: { value: unknown }): unknown {
  const values = partials.map((block) => block.get(...block.shape.map(() => 0)));
  if (init) values.unshift(init.value);
  if (values.length > 0) return values.reduce((a, b) => op(a as never, b as never));
  throw new UsageError("reduce of an array without elements: give { init } for that case");
}

/** The reduction along `axes`: they stay with size 1, in one piece. */
export function reduceToArray(
  d: Description,
  how: Reducing,
  axes: readonly number[],
  divisor?: number,
): Promise<Built> {
  const { layout, linesOf } = collectLines(d, axes);
  if (typeof how.op !== "string" || /^(min|max)$/.test(how.op)) {
    if (axes.some((axis) => d.layout.dims[axis] === 0) && product(layout.dims) > 0) {
      throw new UsageError("a reduction along a dimension without elements");
    }
  }
  return build(layout, "reduce", (chunk) => [linesOf(chunk), how, axes, divisor]);
}

/** Variance, or its root, of all elements. */
export async function spreadOfAll(d: Description, root: boolean, corrected: boolean): Promise<number> {
  const axes = d.layout.dims.map((_, axis) => axis);
  const variance = varianceOf(await lineMoments(placesOf(d), axes), corrected).get(...axes.map(() => 0)) as number;
  return root ? Math.sqrt(variance) : variance;
}

export function spreadAlong(
  d: Description,
  root: boolean,
  corrected: boolean,
  axes: readonly number[],
): Promise<Built> {
  const { layout, linesOf } = collectLines(d, axes);
  return build(layout, "spread", (chunk) => [linesOf(chunk), axes, root, corrected]);
}

/** Checks and sorts the dimensions of a reduction. */
export function axesOf(along: Along, dims: readonly number[]): number[] {
  const axes = typeof along === "number" ? [along] : [...along];
  for (const axis of axes) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= dims.length) {
      throw new UsageError(`there is no dimension ${axis} in an array of ${dims.length} dimensions`);
    }
  }
  return [...new Set(axes)].sort((a, b) => a - b);
}

function placesOf(d: Description): Place[] {
  return d.layout.pids.map((pid, chunk) => [pid, d.pieces[chunk] as PieceName]);
}

/** The layout of the result, and for each of its pieces the pieces that go into it. */
function collectLines(d: Description, axes: readonly number[]): { layout: Layout; linesOf(chunk: number): Place[] } {
  const from = d.layout;
  const one = <T>(list: readonly T[], single: T) => list.map((n, axis) => (axes.includes(axis) ? single : n));
  const dist = one(from.dist, 1);
  const line = (chunk: number): Place[] => {
    const start = gridPosition(dist, chunk);
    const members = from.pids.flatMap((pid, c): [number, Place][] => {
      const at = gridPosition(from.dist, c);
      const isMember = at.every((p, axis) => axes.includes(axis) || p === start[axis]);
      return isMember ? [[chunkAt(from.dist, at), [pid, d.pieces[c] as PieceName]]] : [];
    });
    return members.sort(([a], [b]) => a - b).map(([, place]) => place);
  };
  const pids = Array.from({ length: product(dist) }, (_, chunk) => (line(chunk)[0] as Place)[0]);
  return {
    layout: { dims: one(from.dims, 1), dist, pids, cuts: one<readonly number[]>(from.cuts, [0, 1]) },
    linesOf: line,
  };
}

/** The partial results in order; undefined for a piece without elements where the operation has no identity. */
async function partialsOf(
  places: readonly Place[],
  how: Reducing,
  axes: readonly number[],
): Promise<(Block | undefined)[]> {
  const packed = await settleAll(places.map(([pid, name]) => ask(pid, reducePiece, name, how, axes)));
  return packed.map((p) => p && unpackBlock(p));
}

/** Runs on the owners. */
function reducePiece(name: PieceName, how: Reducing, axes: readonly number[]): PackedBlock | undefined {
  const { block } = pieceNamed(name);
  const { op, map } = how;
  if (typeof op === "function" && axes.some((axis) => block.shape[axis] === 0)) return undefined;
  const mapped = map ? mapBlock(map, [block]) : block;
  if (typeof op === "string") return packBlock(reduceAlong(op, mapped, axes));
  if (axes.length < block.shape.length) return packBlock(foldAlong(op, mapped, axes));
  return packBlock(
    ofList(
      [foldAll(op, mapped)],
      block.shape.map(() => 1),
    ),
  );
}

async function collect(
  _region: Region,
  line: readonly Place[],
  how: Reducing,
  axes: readonly number[],
  divisor?: number,
) {
  const [into, ...rest] = (await partialsOf(line, how, axes)).filter((p) => p !== undefined) as [Block, ...Block[]];
  if (typeof how.op === "function") {
    const fold = how.op;
    return rest.reduce((a, b) => mapBlock(fold, [a, b]), into);
  }
  const sum = into.copy();
  for (const part of rest) mergeInto(how.op, sum, part);
  return divisor === undefined ? sum : elementwise("div", sum, divisor);
}

type PackedMoments = readonly [count: number, mean: PackedBlock, squares: PackedBlock];

function pieceMoments(name: PieceName, axes: readonly number[]): PackedMoments {
  const { count, mean, squares } = momentsAlong(pieceNamed(name).block, axes);
  return [count, packBlock(mean), packBlock(squares)];
}

async function lineMoments(line: readonly Place[], axes: readonly number[]): Promise<Moments> {
  const parts = await settleAll(line.map(([pid, name]) => ask(pid, pieceMoments, name, axes)));
  return parts
    .map(([count, mean, squares]) => ({ count, mean: unpackBlock(mean), squares: unpackBlock(squares) }))
    .reduce(mergeMoments);
}

function careOfReducing([, how]: readonly unknown[]): Care {
  const { op, map } = how as Reducing;
  return typeof op === "string" && !map ? "short" : "guarded";
}

export function installReduce(): void {
  registerService("darray.reduce", reducePiece, careOfReducing);
  registerService("darray.moments", pieceMoments, short);
  registerMaker("reduce", collect);
  registerMaker("spread", async (_region, line: Place[], axes: number[], root: boolean, corrected: boolean) => {
    const variance = varianceOf(await lineMoments(line, axes), corrected);
    return root ? elementwise("pow", variance, 0.5) : variance;
  });
}
