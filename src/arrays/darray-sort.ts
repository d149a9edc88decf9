/**
 * Sorting a vector that lies on several processes. Each owner sorts its piece; then for every border of the layout the place is
 * found at which each sorted piece has to be cut (selection over all pieces at once, a few dozen short messages); then each owner
 * fetches its stretches from the others and merges them. The result has the layout of the input.
 */
import { UsageError } from "../errors.ts";
import { registerService } from "../runtime/calls/services.ts";
import { ask } from "./ask.ts";
import { Block } from "./block.ts";
import { type Built, build, registerMaker } from "./build.ts";
import { quick, short } from "./care.ts";
import type { Description, PieceName } from "./description.ts";
import { type PackedBlock, packBlock, unpackBlock } from "./packed-block.ts";
import { pieceNamed } from "./piece.ts";
import { select } from "./selection.ts";
import { settleAll } from "./settle-all.ts";
import { mergeSorted, orderOf, type SortOptions, sortedBlock, stretchOfEqual } from "./sorting.ts";

export type { SortOptions } from "./sorting.ts";

type Place = readonly [pid: number, name: PieceName];

export async function sorted(d: Description, options: SortOptions): Promise<Built> {
  const { layout } = d;
  if (layout.dims.length !== 1)
    throw new UsageError(`sort is for vectors; this array has ${layout.dims.length} dimensions`);
  orderOf(options);
  const local = await build(layout, "sortPiece", (chunk) => [d.pieces[chunk], options]);
  try {
    const places = local.refs.map((ref): Place => [ref.where, [ref.whence, ref.id]]);
    const borders = layout.cuts[0] as readonly number[];
    const sizes = borders.slice(1).map((b, i) => b - (borders[i] as number));
    const cuts = await findCuts(places, sizes, borders, options);
    return await build(layout, "merge", (chunk) => {
      const from = cuts[chunk] as number[];
      const to = cuts[chunk + 1] as number[];
      return [places.map(([pid, name], i) => [pid, name, from[i], to[i]]), options];
    });
  } finally {
    for (const ref of local.refs) ref.free();
  }
}

/** The search for one border: how many elements of each piece lie before it is between `low` and `high`. */
interface Search {
  readonly rank: number;
  readonly low: number[];
  readonly high: number[];
}

/** For each border, how many elements of each sorted piece go before it. */
async function findCuts(
  places: readonly Place[],
  sizes: readonly number[],
  borders: readonly number[],
  options: SortOptions,
): Promise<number[][]> {
  const searches = borders.map((rank): Search => ({ rank, low: sizes.map(() => 0), high: [...sizes] }));
  // The outer borders are known.
  searches[0]?.high.fill(0);
  searches.at(-1)?.low.splice(0, sizes.length, ...sizes);
  for (;;) {
    const open = searches.filter((s) => s.low.some((low, i) => low < (s.high[i] as number)));
    if (open.length === 0) return searches.map((s) => s.low);
    const pivots = await settleAll(open.map((s) => pivotOf(places, s)));
    const counts = await settleAll(places.map(([pid, name]) => ask(pid, countsOf, name, pivots, options)));
    for (const [k, search] of open.entries()) {
      narrow(
        search,
        counts.map((of) => of[k] as readonly [number, number]),
      );
    }
  }
}

/** The element in the middle of the widest stretch that is left. */
async function pivotOf(places: readonly Place[], { low, high }: Search): Promise<unknown> {
  const widths = low.map((l, i) => (high[i] as number) - l);
  const widest = widths.indexOf(Math.max(...widths));
  const [pid, name] = places[widest] as Place;
  return ask(pid, elementAt, name, (low[widest] as number) + Math.floor((widths[widest] as number) / 2));
}

/** `counts[i]`: how many elements of piece i come before the pivot, and how many before or with it. */
function narrow(search: Search, counts: readonly (readonly [number, number])[]): void {
  const { rank, low, high } = search;
  const clamp = (n: number, i: number) => Math.min(Math.max(n, low[i] as number), high[i] as number);
  const before = counts.map(([n], i) => clamp(n, i));
  const upTo = counts.map(([, n], i) => clamp(n, i));
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  if (sum(upTo) < rank) low.splice(0, low.length, ...upTo);
  else if (sum(before) > rank) high.splice(0, high.length, ...before);
  else {
    // The border lies among elements that are equal to the pivot: the first pieces give theirs first.
    let missing = rank - sum(before);
    for (const [i, start] of before.entries()) {
      const take = Math.min(missing, (upTo[i] as number) - start);
      missing -= take;
      low[i] = high[i] = start + take;
    }
  }
}

/** Runs on the owners. */
function elementAt(name: PieceName, i: number): unknown {
  return pieceNamed(name).block.get(i);
}

function countsOf(name: PieceName, pivots: readonly unknown[], options: SortOptions): (readonly [number, number])[] {
  const { block } = pieceNamed(name);
  return pivots.map((pivot) => stretchOfEqual(block, pivot, options));
}

function stretchFrom(name: PieceName, start: number, stop: number): PackedBlock {
  const { block } = pieceNamed(name);
  return packBlock(block.slice(select(block.shape, [{ start, stop, step: 1 }])));
}

async function merge(
  _region: unknown,
  stretches: [pid: number, name: PieceName, from: number, to: number][],
  options: SortOptions,
): Promise<Block> {
  const filled = stretches.filter(([, , from, to]) => to > from);
  const parts = await settleAll(filled.map(([pid, name, from, to]) => ask(pid, stretchFrom, name, from, to)));
  if (parts.length === 0) return Block.alloc("float64", [0]);
  return mergeSorted(parts.map(unpackBlock), options);
}

export function installSort(): void {
  registerService("darray.elementAt", elementAt, quick);
  registerService("darray.counts", countsOf, short);
  registerService("darray.stretch", stretchFrom, quick);
  registerMaker("sortPiece", (_region, name: PieceName, options: SortOptions) =>
    sortedBlock(pieceNamed(name).block, options),
  );
  registerMaker("merge", merge);
}
