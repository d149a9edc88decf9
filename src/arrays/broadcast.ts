/**
 * Blocks side by side: which shape they make together (numpy's rule: aligned at the last dimension, size 1 stretches), and
 * the walk over their rows that all elementwise loops share.
 */
import { UsageError } from "../errors.ts";
import { Block } from "./block.ts";
import { shapeText } from "./selection.ts";

export function broadcastShape(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, d) => {
    let size = 1;
    for (const shape of shapes) {
      const own = shape[d - rank + shape.length] ?? 1;
      if (own === 1 || own === size) continue;
      if (size !== 1)
        throw new UsageError(`arrays of ${shapes.map(shapeText).join(" and ")} elements do not fit together`);
      size = own;
    }
    return size;
  });
}

/** The block with that shape: dimensions that it lacks or has once are repeated by a stride of 0. */
export function stretch(block: Block, shape: readonly number[]): Block {
  const missing = shape.length - block.shape.length;
  const strides = shape.map((size, d) => {
    const own = block.shape[d - missing];
    return own === undefined || (own === 1 && size !== 1) ? 0 : (block.strides[d - missing] as number);
  });
  return new Block(block.dtype, block.data, shape, strides, block.offset);
}

/**
 * Walks over blocks of one shape, a row at a time: `visit(n, starts, steps)` gets the row's length and, for each block, where
 * the row starts and the stride along it. Dense blocks make one single row. The arrays are reused between calls.
 */
export function eachRow(blocks: readonly Block[], visit: (n: number, starts: number[], steps: number[]) => void): void {
  const shape = (blocks[0] as Block).shape;
  if (shape.includes(0)) return;
  const starts = blocks.map((b) => b.offset);
  // Trailing dimensions that are one run in every block are walked as one.
  let run = 1;
  let outer = shape.length;
  const steps = blocks.map((b) => b.strides.at(-1) ?? 1);
  while (outer > 0) {
    const d = outer - 1;
    const joins = blocks.every((b, k) => run === 1 || b.strides[d] === run * (steps[k] as number) || shape[d] === 1);
    if (!joins) break;
    if (run === 1) for (let k = 0; k < blocks.length; k++) steps[k] = (blocks[k] as Block).strides[d] as number;
    run *= shape[d] as number;
    outer--;
  }
  const walk = (d: number): void => {
    if (d === outer) {
      visit(run, starts, steps);
      return;
    }
    for (let i = 0; i < (shape[d] as number); i++) {
      walk(d + 1);
      for (let k = 0; k < blocks.length; k++) (starts[k] as number) += (blocks[k] as Block).strides[d] as number;
    }
    for (let k = 0; k < blocks.length; k++) {
      (starts[k] as number) -= ((blocks[k] as Block).strides[d] as number) * (shape[d] as number);
    }
  };
  walk(0);
}
