/**
 * Reductions of one block: to a value, or along some of its dimensions, which then stay with size 1. The same loops put the
 * partial results of several pieces together.
 */
import { UsageError } from "../errors.ts";
import { Block, readAt } from "./block.ts";
import { eachRow, stretch } from "./broadcast.ts";
import { loop } from "./compile.ts";
import { bytesOf, type DType, type ElementType, isBigInt, isComplex, isInteger } from "./dtype.ts";

/** The reductions that have a name. */
export type Reduction = "sum" | "prod" | "min" | "max" | "any" | "all" | "count";

/** How an element `v` goes into what there is, `a`. NaN stays. */
const steps: Record<Reduction, string> = {
  sum: "a + v",
  prod: "a * v",
  min: "a !== a ? a : v < a || v !== v ? v : a",
  max: "a !== a ? a : v > a || v !== v ? v : a",
  any: "a || v ? 1 : 0",
  all: "a && v ? 1 : 0",
  count: "a + (v ? 1 : 0)",
};

/** How two partial results go together. */
const merges: Record<Reduction, string> = { ...steps, count: "a + v" };

/** The type of the result: sums and products of integers are 64 bits wide, as in Julia and numpy. */
export function reducedType(op: Reduction, dtype: ElementType): ElementType {
  if (op === "any" || op === "all") return "bool";
  if (op === "count") return "float64";
  if (dtype === "object")
    throw new UsageError(`${op} is for numbers; give reduce() a function of yours for other elements`);
  if (op === "min" || op === "max") {
    if (isComplex(dtype)) throw new UsageError(`complex numbers have no order: ${op} has no meaning for ${dtype}`);
    return dtype;
  }
  if (dtype === "bool" || isInteger(dtype)) return dtype.startsWith("u") ? "uint64" : "int64";
  return dtype;
}

/** The reduction along `axes`: a block of the same rank in which they have size 1. */
export function reduceAlong(op: Reduction, block: Block, axes: readonly number[]): Block {
  const shape = block.shape.map((size, d) => (axes.includes(d) ? 1 : size));
  const dtype = reducedType(op, block.dtype);
  const out = Block.alloc(dtype, shape);
  if (out.size > 0) out.fill(identityOf(op, dtype));
  accumulate(op, out, block, steps);
  return out;
}

/** Puts the partial result `part` into `into`; both have one shape. */
export function mergeInto(op: Reduction, into: Block, part: Block): void {
  accumulate(op, into, part, merges);
}

function accumulate(op: Reduction, out: Block, block: Block, by: Record<Reduction, string>): void {
  const go = loopFor(op, block.dtype, out.dtype, by);
  eachRow([block, stretch(out, block.shape)], (n, starts, strides) => {
    go(block.data, out.data, n, starts[0], starts[1], strides[0], strides[1]);
  });
}

/** `r` is the place in the result; along a reduced row it stands still, and the running value can stay in a register. */
function loopFor(op: Reduction, from: ElementType, to: ElementType, by: Record<Reduction, string>) {
  const parameters = "x, out, n, p, r, s, t";
  const step = by[op];
  if (isComplex(to) || isComplex(from)) return loop(`${op} ${from}`, parameters, complexBody(op, from, by));
  const read = isBigInt(to) && !isBigInt(from) ? "BigInt(x[p])" : "x[p]";
  // Integers that fit into a double are summed as doubles along a row and widened once.
  const short = isBigInt(to) && !isBigInt(from) && op === "sum" && (from === "bool" || bytesOf(from as DType) <= 2);
  const still = short
    ? "let a = 0; for (let i = 0; i < n; i++, p += s) a += x[p]; out[r] += BigInt(a);"
    : `let a = out[r]; for (let i = 0; i < n; i++, p += s) { const v = ${read}; a = ${step}; } out[r] = a;`;
  const fast = op === "sum" && !isBigInt(to) ? `if (t === 0 && s === 1) { ${fourSums} }` : "";
  const moving = `for (let i = 0; i < n; i++, p += s, r += t) { const a = out[r], v = ${read}; out[r] = ${step}; }`;
  return loop(`${op} ${from} ${to}`, parameters, `${fast} if (t === 0) { ${still} } else { ${moving} }`);
}

/** Four running sums: additions need not wait for each other, and the error grows slower. */
const fourSums = `
  let a = 0, b = 0, c = 0, d = 0, i = p;
  const end = p + n;
  for (; i + 3 < end; i += 4) { a += x[i]; b += x[i + 1]; c += x[i + 2]; d += x[i + 3]; }
  for (; i < end; i++) a += x[i];
  out[r] += a + b + (c + d);
  return;`;

function complexBody(op: Reduction, from: ElementType, by: Record<Reduction, string>): string {
  const at = isComplex(from) ? "x[2 * p], w = x[2 * p + 1]" : "x[p], w = 0";
  const each: Partial<Record<Reduction, string>> = {
    sum: "out[2 * r] += v; out[2 * r + 1] += w;",
    prod: "const a = out[2 * r], b = out[2 * r + 1]; out[2 * r] = a * v - b * w; out[2 * r + 1] = a * w + b * v;",
    any: "out[r] = out[r] || v || w ? 1 : 0;",
    all: "out[r] = out[r] && (v || w) ? 1 : 0;",
    count: by === steps ? "out[r] += v || w ? 1 : 0;" : "out[r] += v;",
  };
  return `for (let i = 0; i < n; i++, p += s, r += t) { const v = ${at}; ${each[op]} }`;
}

/** What the reduction of nothing is; for min and max, what every element replaces. */
function identityOf(op: Reduction, dtype: ElementType): unknown {
  switch (op) {
    case "sum":
    case "count":
    case "any":
      return isBigInt(dtype) ? 0n : 0;
    case "prod":
    case "all":
      return isBigInt(dtype) ? 1n : 1;
    default: {
      const [low, high] = extremes(dtype);
      return op === "min" ? high : low;
    }
  }
}

function extremes(dtype: ElementType): [unknown, unknown] {
  if (dtype === "bool") return [0, 1];
  if (!isInteger(dtype)) return [-Infinity, Infinity];
  const bits = BigInt(bytesOf(dtype as DType) * 8);
  const [low, high] = dtype.startsWith("u")
    ? [0n, (1n << bits) - 1n]
    : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  return isBigInt(dtype) ? [low, high] : [Number(low), Number(high)];
}

/** The reduction of all elements, as a value; `empty` where there is none and the reduction has no identity. */
export function reduceAll(op: Reduction, block: Block): Block {
  return reduceAlong(
    op,
    block,
    block.shape.map((_, d) => d),
  ).reshape([]);
}

/** A reduced number as the user gets it: exact integers as numbers where a double holds them, else bigints. */
export function reducedValue(op: Reduction, partial: Block, dtype: ElementType): unknown {
  const value = readAt(partial, partial.offset);
  return typeof value === "bigint" &&
    !isBigInt(dtype) &&
    op !== "min" &&
    op !== "max" &&
    Number.isSafeInteger(Number(value))
    ? Number(value)
    : value;
}
