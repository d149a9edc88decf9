/** Element by element: a function over arrays, in place too, arithmetic and comparison. One call to each owner. */

import { registerService } from "../runtime/calls/services.ts";
import { isPromiseLike } from "../runtime/refs/context.ts";
import { ask } from "./ask.ts";
import { Block } from "./block.ts";
import { broadcastShape } from "./broadcast.ts";
import { type Built, build, registerMaker } from "./build.ts";
import { short } from "./care.ts";
import type { Description, PieceName } from "./description.ts";
import type { ElementType } from "./dtype.ts";
import { type BinaryOp, elementwise } from "./elementwise.ts";
import { type ElementFunction, mapBlock, mapBlockInPlace } from "./map-block.ts";
import { type Operand, operandOf, type PackedOperand, unpackOperand } from "./operand.ts";
import { type Layout, planLayout, type Region, regionOf, sameNumbers } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import { reduceAll } from "./reduce-block.ts";
import { scalarBlock } from "./scalar-block.ts";
import { settleAll } from "./settle-all.ts";

/** f(a[i], b[i], …), the arrays stretched to one shape. */
export function map(f: ElementFunction, inputs: readonly unknown[], dtype?: ElementType): Promise<Built> {
  const operands = inputs.map(operandOf);
  const layout = layoutOfResult(operands);
  return build(layout, "map", (chunk, region) => [f, dtype, pack(operands, layout, chunk, region)]);
}

/** a op b */
export function binary(op: BinaryOp, a: unknown, b: unknown): Promise<Built> {
  const operands = [operandOf(a), operandOf(b)];
  const layout = layoutOfResult(operands);
  return build(layout, "binary", (chunk, region) => [op, pack(operands, layout, chunk, region)]);
}

/** d[i] = f(d[i], b[i], …); the others are stretched to d's shape. */
export async function mapInPlace(f: ElementFunction, d: Description, others: readonly unknown[]): Promise<void> {
  const { layout } = d;
  const operands = others.map(operandOf);
  broadcastShape(layout.dims, ...operands.map((o) => o.dims));
  await settleAll(
    layout.pids.map((pid, chunk) => {
      const region = regionOf(layout, chunk);
      return ask(pid, mapPiece, d.pieces[chunk] as PieceName, f, pack(operands, layout, chunk, region));
    }),
  );
}

/** Whether both have the same shape and equal elements. */
export async function equalsAll(d: Description, other: unknown): Promise<boolean> {
  const operand = operandOf(other);
  const { layout } = d;
  if (!sameNumbers(operand.dims, layout.dims)) return false;
  const answers = await settleAll(
    layout.pids.map((pid, chunk) => {
      const packed = operand.pack(layout, chunk, regionOf(layout, chunk));
      return ask(pid, pieceEquals, d.pieces[chunk] as PieceName, packed);
    }),
  );
  return answers.every(Boolean);
}

function pack(operands: readonly Operand[], layout: Layout, chunk: number, region: Region): PackedOperand[] {
  return operands.map((operand) => operand.pack(layout, chunk, region));
}

/** The layout of the first array that has the shape of the result; else Julia's choice over its processes. */
function layoutOfResult(operands: readonly Operand[]): Layout {
  const dims = broadcastShape(...operands.map((o) => o.dims));
  const layouts = operands.flatMap((o) => o.layout ?? []);
  const fitting = layouts.find((layout) => sameNumbers(layout.dims, dims));
  return fitting ?? planLayout({ dims, workers: (layouts[0] as Layout).pids });
}

/** Runs on the owners: hands the operands on, at once where none has to be fetched. */
function withOperands<R>(
  packed: readonly PackedOperand[],
  region: Region,
  then: (operands: unknown[]) => R,
): R | Promise<R> {
  const operands = packed.map((operand) => unpackOperand(operand, region));
  return operands.some(isPromiseLike) ? settleAll(operands).then(then) : then(operands);
}

function asBlocks(values: readonly unknown[]): Block[] {
  return values.map((value) => (value instanceof Block ? value : scalarBlock(value)));
}

function mapPiece(name: PieceName, f: ElementFunction, packed: readonly PackedOperand[]): void | Promise<void> {
  const { block, region } = pieceNamed(name);
  return withOperands(packed, region, (others) => mapBlockInPlace(f, block, asBlocks(others)));
}

function pieceEquals(name: PieceName, packed: PackedOperand): boolean | Promise<boolean> {
  const { block, region } = pieceNamed(name);
  return withOperands(
    [packed],
    region,
    ([other]) => reduceAll("all", elementwise("eq", block, other)).get() as boolean,
  );
}

export function installMap(): void {
  registerMaker(
    "map",
    (region, f: ElementFunction, dtype: ElementType | undefined, packed: PackedOperand[]) =>
      withOperands(packed, region, (operands) => mapBlock(f, asBlocks(operands), dtype)),
    { runsUserCode: true },
  );
  registerMaker("binary", (region, op: BinaryOp, packed: PackedOperand[]) =>
    withOperands(packed, region, ([a, b]) => elementwise(op, a, b)),
  );
  registerService("darray.mapInPlace", mapPiece);
  registerService("darray.equals", pieceEquals, short);
}
