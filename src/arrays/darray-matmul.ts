/**
 * Matrix products. The left matrix stays where it is: the owner of a part of the result asks the owners of that row of pieces
 * for their products, each of which needs only the matching part of the right matrix, and adds them up.
 *
 *     A is cut into pr × pc pieces; the result has pr × pc too, or (for few columns) pr·pc × 1, on the same processes:
 *
 *     C(i, j) = A(i, 0)·B(0, j) + … + A(i, pc-1)·B(pc-1, j)
 */
import { UsageError } from "../errors.ts";
import { registerService } from "../runtime/calls/services.ts";
import { ask } from "./ask.ts";
import type { Block } from "./block.ts";
import { type Built, build, registerMaker } from "./build.ts";
import type { Description, PieceName } from "./description.ts";
import { elementwise } from "./elementwise.ts";
import { matmulBlocks } from "./matmul-block.ts";
import { type Operand, operandOf, type PackedOperand, unpackOperand } from "./operand.ts";
import { type PackedBlock, packBlock, unpackBlock } from "./packed-block.ts";
import { cut, gridPosition, type Interval, type Layout, type Region, sizesOf } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import { select, shapeText } from "./selection.ts";
import { settleAll } from "./settle-all.ts";

/** d times `other`; either may be a vector, not both. */
export function matmul(d: Description, other: unknown): Promise<Built> {
  const right = operandOf(other);
  const from = d.layout;
  const [m, k] = from.dims as [number, number];
  if (from.dims.length !== 2 || right.dims.length === 0 || right.dims.length > 2 || right.dims[0] !== k) {
    throw new UsageError(`matmul: ${shapeText(from.dims)} and ${shapeText(right.dims)} have no product`);
  }
  const n = right.dims[1];
  const layout = productLayout(from, m, n, right);
  return build(layout, "matmul", (chunk, region) => productsFor(d, right, layout, chunk, region));
}

function productLayout(from: Layout, m: number, n: number | undefined, right: Operand): Layout {
  const [pr, pc] = from.dist as [number, number];
  const rows = from.cuts[0] as readonly number[];
  if (n !== undefined && n >= pc) {
    const columns = right.layout?.dist[1] === pc ? (right.layout.cuts[1] as readonly number[]) : cut(n, pc);
    return { dims: [m, n], dist: [pr, pc], pids: from.pids, cuts: [rows, columns] };
  }
  // Too few columns to share: each row of pieces shares its rows.
  const finer = [0];
  for (let i = 0; i < pr; i++) {
    const start = rows[i] as number;
    for (const border of cut((rows[i + 1] as number) - start, pc).slice(1)) finer.push(start + border);
  }
  return n === undefined
    ? { dims: [m], dist: [pr * pc], pids: from.pids, cuts: [finer] }
    : { dims: [m, n], dist: [pr * pc, 1], pids: from.pids, cuts: [finer, [0, n]] };
}

/** A product to be made by the owner of a piece of the left matrix: some of its rows times a part of the right one. */
type Task = readonly [pid: number, name: PieceName, rows: Interval, right: PackedOperand, inner: Region];

function productsFor(d: Description, right: Operand, layout: Layout, chunk: number, region: Region): [Task[]] {
  const from = d.layout;
  const [, pc] = from.dist as [number, number];
  const row =
    layout.dist[1] === pc && layout.dims.length === 2 ? gridPosition(layout.dist, chunk)[0] : Math.floor(chunk / pc);
  const top = (from.cuts[0] as readonly number[])[row as number] as number;
  const [start, stop] = region[0] as Interval;
  const tasks = Array.from({ length: pc }, (_, j): Task => {
    const piece = (row as number) * pc + j;
    const borders = from.cuts[1] as readonly number[];
    const inner: Region = [[borders[j] as number, borders[j + 1] as number], ...region.slice(1)];
    const packed = right.part(inner);
    return [from.pids[piece] as number, d.pieces[piece] as PieceName, [start - top, stop - top], packed, inner];
  });
  return [tasks];
}

/** Runs on the owner of a part of the result. */
async function sumOfProducts(region: Region, tasks: readonly Task[]): Promise<Block> {
  const parts = await settleAll(tasks.map(([pid, ...rest]) => ask(pid, partialProduct, ...rest)));
  const sum = parts.map(unpackBlock).reduce((a, b) => elementwise("add", a, b));
  return sum.reshape(sizesOf(region));
}

/** Runs on the owner of a piece of the left matrix. */
async function partialProduct(
  name: PieceName,
  [start, stop]: Interval,
  right: PackedOperand,
  inner: Region,
): Promise<PackedBlock> {
  const { block } = pieceNamed(name);
  const rows = block.slice(select(block.shape, [{ start, stop, step: 1 }]));
  const b = (await unpackOperand(right, inner)) as Block;
  const matrix = b.shape.length === 2 ? b : b.contiguous().reshape([b.size, 1]);
  return packBlock(matmulBlocks(rows, matrix));
}

export function installMatmul(): void {
  registerMaker("matmul", sumOfProducts);
  registerService("darray.product", partialProduct);
}
