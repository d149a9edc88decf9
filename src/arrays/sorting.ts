/** Sorting within one process: vectors of numbers by the engine's own sort, anything else by a comparison. NaN comes last. */
import { UsageError } from "../errors.ts";
import { demandKnownOptions } from "../known-options.ts";
import { Block, readAt } from "./block.ts";
import { loop } from "./compile.ts";
import { isComplex, type TypedArray } from "./dtype.ts";

export interface SortOptions<T = never> {
  /** What to compare instead of the elements. */
  by?: (element: T) => unknown;
  /** Largest first. */
  rev?: boolean;
  /** A comparison of two elements (or of what `by` gives), as Array.prototype.sort takes it. */
  compare?: (a: T, b: T) => number;
}

type Order = (a: unknown, b: unknown) => number;

const known = ["by", "rev", "compare"];

/** The comparison that the options ask for. */
export function orderOf(options: SortOptions): Order {
  demandKnownOptions("sort", options, known);
  const { by, rev } = options;
  const plain = (options.compare as Order | undefined) ?? natural;
  const keyed: Order = by ? (a, b) => plain(by(a as never), by(b as never)) : plain;
  return rev ? (a, b) => keyed(b, a) : keyed;
}

/** Numbers, bigints, strings, truth values; NaN behind all others. */
function natural(a: unknown, b: unknown): number {
  if ((a as number) < (b as number)) return -1;
  if ((a as number) > (b as number)) return 1;
  // biome-ignore lint/suspicious/noSelfCompare: NaN alone differs from itself
  return (a === a ? 0 : 1) - (b === b ? 0 : 1);
}

function isNatural({ by, rev, compare }: SortOptions): boolean {
  return !by && !rev && !compare;
}

/** A sorted copy. */
export function sortedBlock(block: Block, options: SortOptions): Block {
  if (isComplex(block.dtype) && !options.by && !options.compare)
    throw new UsageError("complex numbers have no order: give sort { by }");
  const copy = block.copy();
  if (block.dtype !== "object" && !isComplex(block.dtype) && isNatural(options)) {
    (copy.data as Float64Array).sort();
    return copy;
  }
  const elements = (block.toNested() as unknown[]).sort(orderOf(options));
  elements.forEach((element, i) => {
    copy.set(element, i);
  });
  return copy;
}

/** How many elements of a sorted block come before `pivot`, and how many before or with it. */
export function stretchOfEqual(
  block: Block,
  pivot: unknown,
  options: SortOptions,
): readonly [before: number, upTo: number] {
  const order = orderOf(options);
  const first = (isAfter: (c: number) => boolean) => {
    let low = 0;
    let high = block.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAfter(order(block.get(middle), pivot))) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return [first((c) => c >= 0), first((c) => c > 0)];
}

/** Sorted blocks of one type as one; elements that are equal stay in the order of the blocks. */
export function mergeSorted(blocks: readonly Block[], options: SortOptions): Block {
  let round = blocks;
  while (round.length > 1) {
    const next: Block[] = [];
    for (let i = 0; i < round.length; i += 2) {
      const [a, b] = [round[i] as Block, round[i + 1]];
      next.push(b ? mergeTwo(a, b, options) : a);
    }
    round = next;
  }
  return round[0] as Block;
}

function mergeTwo(a: Block, b: Block, options: SortOptions): Block {
  const out = Block.alloc(a.dtype, [a.size + b.size]);
  if (a.dtype !== "object" && !isComplex(a.dtype) && isNatural(options)) {
    const run = loop(`merge ${a.dtype}`, "x, y, out", mergeBody);
    run(a.compact() as TypedArray, b.compact() as TypedArray, out.data);
    return out;
  }
  const order = orderOf(options);
  for (let i = 0, j = 0, k = 0; k < out.size; k++) {
    const takesFirst = j >= b.size || (i < a.size && order(readAt(a, a.at([i])), readAt(b, b.at([j]))) <= 0);
    out.set(takesFirst ? a.get(i++) : b.get(j++), k);
  }
  return out;
}

/** NaN is neither less nor greater than anything: it is taken last from either side. */
const mergeBody = `
  const n = x.length, m = y.length;
  let i = 0, j = 0, k = 0;
  while (i < n && j < m) {
    const u = x[i], v = y[j];
    if (u <= v || v !== v) { out[k++] = u; i++; } else { out[k++] = v; j++; }
  }
  while (i < n) out[k++] = x[i++];
  while (j < m) out[k++] = y[j++];`;
