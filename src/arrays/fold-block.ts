/** Reductions by a function of the user's: it has to be associative; elements are put together in row-major order. */
import { UsageError } from "../errors.ts";
import { ofList } from "./as-block.ts";
import { type Block, readAt } from "./block.ts";
import { eachRow } from "./broadcast.ts";
import { loopAround } from "./compile.ts";
import { isComplex } from "./dtype.ts";
import type { ElementFunction } from "./map-block.ts";
import { product } from "./partition.ts";
import { select } from "./selection.ts";

const folding: WeakMap<object, Map<string, (...args: never[]) => unknown>> = new WeakMap();

/** op(op(x0, x1), x2) …; the block has one element at least. */
export function foldAll(op: ElementFunction, block: Block): unknown {
  if (block.size === 0) throw new UsageError("reduce: no elements");
  const read =
    block.dtype === "bool" ? "x[p] !== 0" : isComplex(block.dtype) ? "{ re: x[2 * p], im: x[2 * p + 1] }" : "x[p]";
  const body = `/* ${block.data.constructor.name} */ for (let i = 0; i < n; i++, p += s) a = f(a, ${read}); return a;`;
  const run = loopAround(op, folding as never, "f, a, x, n, p, s", body);
  let result: unknown;
  let skip = 1;
  eachRow([block], (n, starts, steps) => {
    const start = starts[0] as number;
    const step = steps[0] as number;
    if (skip) result = readAt(block, start);
    result = run(op, result, block.data, n - skip, start + skip * step, step);
    skip = 0;
  });
  return result;
}

/** The same along `axes`, which stay with size 1. */
export function foldAlong(op: ElementFunction, block: Block, axes: readonly number[]): Block {
  const shape = block.shape.map((size, d) => (axes.includes(d) ? 1 : size));
  const results: unknown[] = [];
  for (let i = 0; i < product(shape); i++) {
    const place = placeOf(i, shape);
    results.push(
      foldAll(
        op,
        block.slice(
          select(
            block.shape,
            place.map((at, d) => (axes.includes(d) ? ":" : at)),
          ),
        ),
      ),
    );
  }
  return ofList(results, shape);
}

function placeOf(i: number, shape: readonly number[]): number[] {
  const place = new Array<number>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    place[d] = i % (shape[d] as number);
    i = Math.floor(i / (shape[d] as number));
  }
  return place;
}
