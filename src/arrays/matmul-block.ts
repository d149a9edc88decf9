/** The product of two matrices in one process, by numpy-ts in tiles: its memory for results is one heap of 256 MiB. */
import { Block, copyInto } from "./block.ts";
import { type ElementType, promote } from "./dtype.ts";
import { elementwise } from "./elementwise.ts";
import { blockOf, type NDArray, ndarrayOf, numpy } from "./ndarray.ts";
import { select } from "./selection.ts";

const TILE = 1024;

/** a (m×k) times b (k×n). */
export function matmulBlocks(a: Block, b: Block): Block {
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1] as number;
  if (k === 0 || m === 0 || n === 0) return Block.alloc(productType(a, b), [m, n]);
  if (m <= TILE && k <= TILE && n <= TILE) return product(a, b);
  let whole: Block | undefined;
  for (let i = 0; i < m; i += TILE) {
    for (let j = 0; j < n; j += TILE) {
      let sum: Block | undefined;
      for (let l = 0; l < k; l += TILE) {
        const part = product(tile(a, i, l), tile(b, l, j));
        sum = sum ? elementwise("add", sum, part) : part;
      }
      const done = sum as Block;
      whole ??= Block.alloc(done.dtype, [m, n]);
      copyInto(tile(whole, i, j), done);
    }
  }
  return whole as Block;
}

function tile(block: Block, i: number, j: number): Block {
  const [rows, columns] = block.shape as [number, number];
  const part = (start: number, size: number) => ({ start, stop: Math.min(start + TILE, size), step: 1 });
  return block.slice(select(block.shape, [part(i, rows), part(j, columns)]));
}

function product(a: Block, b: Block): Block {
  const numbers = (block: Block) => ndarrayOf(plain(block));
  const result = numpy().matmul(numbers(a), numbers(b)) as NDArray;
  const block = blockOf(result);
  // The result leaves numpy-ts's heap, which is small and would be asked for the next one.
  const own = block.copy();
  result.dispose();
  // numpy-ts 1.4 gives float32 for some products of float16.
  return own.astype(productType(a, b));
}

function productType(a: Block, b: Block): ElementType {
  const dtype = promote(a.dtype, b.dtype);
  return dtype === "bool" ? "float64" : dtype;
}

/** Dense, and not of truth values, of which there is no product. */
function plain(block: Block): Block {
  if (block.dtype !== "bool") return block.contiguous();
  const numbers = Block.alloc("float64", block.shape);
  copyInto(numbers, block);
  return numbers;
}
