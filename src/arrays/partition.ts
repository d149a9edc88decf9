/**
 * How an array is cut into pieces and the pieces laid over processes. Julia's formulas, as pure arithmetic.
 *
 * The grid of pieces and the processes on it are row-major: with `dist` [2, 2] and processes [2, 3, 4, 5]
 *
 *     2 | 3
 *     --+--
 *     4 | 5
 */
import { UsageError } from "../errors.ts";

/** Which process holds which part: `cuts[d]` has the `dist[d] + 1` borders of dimension d. */
export interface Layout {
  readonly dims: readonly number[];
  /** Pieces along each dimension. */
  readonly dist: readonly number[];
  /** The owner of each piece, row-major over the grid. */
  readonly pids: readonly number[];
  readonly cuts: readonly (readonly number[])[];
}

/** A half-open interval of indexes along one dimension. */
export type Interval = readonly [start: number, stop: number];
/** One interval for each dimension. */
export type Region = readonly Interval[];

export function product(numbers: readonly number[]): number {
  let result = 1;
  for (const n of numbers) result *= n;
  return result;
}

/** The first min(workers, longest dimension) workers; one at least. */
export function defaultProcs(workers: readonly number[], dims: readonly number[]): number[] {
  return workers.slice(0, Math.max(1, Math.min(workers.length, Math.max(0, ...dims))));
}

/** Pieces along each dimension for `count` processes: its prime factors go, largest first, to the longest dimension. */
export function defaultDist(dims: readonly number[], count: number): number[] {
  const left = [...dims];
  const pieces = dims.map(() => 1);
  for (const factor of primeFactors(count).reverse()) {
    const longest = Math.max(...left);
    const d = left.lastIndexOf(longest);
    if (longest < factor) continue;
    left[d] = Math.floor(longest / factor);
    pieces[d] = (pieces[d] as number) * factor;
  }
  return pieces;
}

/** Prime factors in ascending order, each as often as it divides: 12 gives 2, 2, 3. */
function primeFactors(n: number): number[] {
  const factors: number[] = [];
  for (let p = 2; p * p <= n; p++) {
    for (; n % p === 0; n /= p) factors.push(p);
  }
  if (n > 1) factors.push(n);
  return factors;
}

/** The borders of `pieces` pieces of `size` elements; the first `size mod pieces` pieces are one longer. */
export function cut(size: number, pieces: number): number[] {
  const each = Math.floor(size / pieces);
  const longer = size % pieces;
  const borders: number[] = [];
  for (let i = 0; i <= pieces; i++) borders.push(i * each + Math.min(i, longer));
  return borders;
}

export interface Wanted {
  dims: readonly number[];
  procs?: readonly number[] | undefined;
  dist?: readonly number[] | undefined;
  /** Who may be chosen where `procs` is not given. */
  workers: readonly number[];
}

/** The layout for what the user asked: Julia's defaults for what is left out, an error for what does not fit. */
export function planLayout({ dims, procs, dist, workers }: Wanted): Layout {
  checkDims(dims);
  if (procs?.length === 0) throw new UsageError("no processes given for the array; leave `procs` out for the default");
  const repeated = procs?.find((pid, i) => procs.indexOf(pid) !== i);
  if (repeated !== undefined) throw new UsageError(`process ${repeated} is given twice; each holds one piece`);
  if (!dist) {
    const candidates = procs ?? defaultProcs(workers, dims);
    const pieces = defaultDist(dims, candidates.length);
    return layoutOf(dims, pieces, candidates.slice(0, product(pieces)));
  }
  checkDist(dims, dist);
  const wanted = product(dist);
  const pids = procs ?? workers.slice(0, wanted);
  if (pids.length !== wanted) {
    throw new UsageError(
      `dist [${dist.join(", ")}] makes ${wanted} pieces, but there ${pids.length === 1 ? "is 1 process" : `are ${pids.length} processes`}: [${pids.join(", ")}]`,
    );
  }
  return layoutOf(dims, dist, pids);
}

function checkDims(dims: readonly number[]): void {
  const bad = dims.findIndex((n) => !Number.isSafeInteger(n) || n < 0);
  if (bad >= 0) throw new UsageError(`dimension ${bad} of the array is ${dims[bad]}, not a whole number of 0 or more`);
  if (!Number.isSafeInteger(product(dims))) throw new UsageError(`an array of ${dims.join("×")} elements is too large`);
}

function checkDist(dims: readonly number[], dist: readonly number[]): void {
  if (dist.length !== dims.length) {
    throw new UsageError(`dist [${dist.join(", ")}] has ${dist.length} entries for ${dims.length} dimensions`);
  }
  const bad = dist.findIndex((n) => !Number.isSafeInteger(n) || n < 1);
  if (bad >= 0) throw new UsageError(`dist [${dist.join(", ")}]: ${dist[bad]} is not a number of pieces`);
}

/** The layout with even cuts. */
export function layoutOf(dims: readonly number[], dist: readonly number[], pids: readonly number[]): Layout {
  return { dims: [...dims], dist: [...dist], pids: [...pids], cuts: dims.map((n, d) => cut(n, dist[d] as number)) };
}

/** Where piece `chunk` lies on the grid. */
export function gridPosition(dist: readonly number[], chunk: number): number[] {
  const position = new Array<number>(dist.length);
  for (let d = dist.length - 1; d >= 0; d--) {
    const pieces = dist[d] as number;
    position[d] = chunk % pieces;
    chunk = Math.floor(chunk / pieces);
  }
  return position;
}

/** The number of the piece at that place of the grid. */
export function chunkAt(dist: readonly number[], position: readonly number[]): number {
  let chunk = 0;
  for (let d = 0; d < dist.length; d++) chunk = chunk * (dist[d] as number) + (position[d] as number);
  return chunk;
}

/** What piece `chunk` covers. */
export function regionOf(layout: Layout, chunk: number): Region {
  return gridPosition(layout.dist, chunk).map((p, d) => {
    const borders = layout.cuts[d] as readonly number[];
    return [borders[p] as number, borders[p + 1] as number];
  });
}

export function sizesOf(region: Region): number[] {
  return region.map(([start, stop]) => stop - start);
}

/** The place on the grid, along one dimension, of the piece that has index `i`. */
export function pieceWith(borders: readonly number[], i: number): number {
  let low = 0;
  let high = borders.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((borders[middle] as number) <= i) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Whether both cut at the same places and lie on the same processes, so that no element has to move between them. */
export function sameLayout(a: Layout, b: Layout): boolean {
  return (
    sameNumbers(a.dims, b.dims) &&
    sameNumbers(a.dist, b.dist) &&
    sameNumbers(a.pids, b.pids) &&
    a.cuts.every((borders, d) => sameNumbers(borders, b.cuts[d] as readonly number[]))
  );
}

export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** A shared array's linear indexes for participant `k` of `count`: equal parts, the last takes the rest. */
export function sharedRange(length: number, count: number, k: number): Interval {
  if (length < count) return k < length ? [k, k + 1] : [0, 0];
  const part = Math.floor(length / count);
  return [k * part, k === count - 1 ? length : (k + 1) * part];
}
