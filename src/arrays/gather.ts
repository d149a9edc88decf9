/**
 * Moves elements between a distributed array and this process: each owner that has some is asked once, all at once, and what
 * comes goes straight to its place. Works on every process.
 */
import { UsageError } from "../errors.ts";
import { type Care, registerService } from "../runtime/calls/services.ts";
import { self } from "../runtime/wire/identity.ts";
import { ask } from "./ask.ts";
import { Block, copyInto } from "./block.ts";
import { broadcastShape, stretch } from "./broadcast.ts";
import { careFor } from "./care.ts";
import { type Description, type PieceName, selectionOf } from "./description.ts";
import { type PackedBlock, packBlock, unpackBlock } from "./packed-block.ts";
import { product, sameNumbers } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import { type Selection, selectedDims, shapeText, sharesOf } from "./selection.ts";
import { settleAll } from "./settle-all.ts";

/** The selected elements, copied into one block of their own. */
export async function gather(from: Description, selection: Selection): Promise<Block> {
  const shares = sharesOf(from.layout, selection);
  const [only] = shares;
  if (shares.length === 1 && only) return readShare(from, only.chunk, only.source, "copy");
  const whole = Block.alloc(from.dtype, selectedDims(selection));
  await gatherInto(whole, from, selection, shares);
  return whole;
}

/** Copies the selected elements into a block of their shape. */
export async function gatherInto(
  into: Block,
  from: Description,
  selection: Selection,
  shares = sharesOf(from.layout, selection),
): Promise<void> {
  const dims = selectedDims(selection);
  if (!sameNumbers(dims, into.shape)) {
    throw new UsageError(`${shapeText(dims)} elements do not fit into ${shapeText(into.shape)}`);
  }
  const whole = withDropped(into, selection);
  await settleAll(
    shares.map(async ({ chunk, source, target }) => {
      const part = await readShare(from, chunk, undropped(source), "look");
      copyInto(whole.slice(selectionOf(target)), part);
    }),
  );
}

/** The block with a dimension of size 1 for each dimension that the selection drops. */
function withDropped(block: Block, selection: Selection): Block {
  let next = 0;
  const from = selection.map((s) => (s.drop ? -1 : next++));
  return new Block(
    block.dtype,
    block.data,
    from.map((d) => (d < 0 ? 1 : (block.shape[d] as number))),
    from.map((d) => (d < 0 ? 0 : (block.strides[d] as number))),
    block.offset,
  );
}

/** The selected elements of one piece; "look": they are used at once and not kept. */
async function readShare(from: Description, chunk: number, source: Selection, use: "copy" | "look"): Promise<Block> {
  const pid = from.layout.pids[chunk] as number;
  const name = from.pieces[chunk] as PieceName;
  if (pid !== self.pid) return unpackBlock(await ask(pid, readPiece, name, packSelection(source)));
  const part = pieceNamed(name).block.slice(source);
  return use === "copy" ? part.copy() : part;
}

/** Writes `values`, stretched where needed, to the selected elements. */
export async function scatter(to: Description, selection: Selection, values: Block): Promise<void> {
  const dims = selectedDims(selection);
  if (!sameNumbers(broadcastShape(dims, values.shape), dims)) {
    throw new UsageError(`${shapeText(values.shape)} elements do not fit into ${shapeText(dims)}`);
  }
  const source = stretch(values, dims);
  await settleAll(
    sharesOf(to.layout, selection).map(({ chunk, source: place, target }) => {
      const name = to.pieces[chunk] as PieceName;
      const kept = target.filter((_, d) => !(selection[d] as { drop: boolean }).drop);
      const part = source.slice(selectionOf(kept));
      const pid = to.layout.pids[chunk] as number;
      if (pid === self.pid) return copyInto(pieceNamed(name).block.slice(place), part);
      return ask(pid, writePiece, name, packSelection(place), packBlock(small(part)));
    }),
  );
}

/** One value for many elements travels once. */
function small(part: Block): Block {
  if (part.size === 0 || !part.strides.every((s, d) => s === 0 || part.shape[d] === 1)) return part;
  return new Block(
    part.dtype,
    part.data,
    part.shape.map(() => 1),
    part.shape.map(() => 1),
    part.offset,
  );
}

type PackedSelection = readonly number[];

function packSelection(selection: Selection): PackedSelection {
  return selection.flatMap(({ start, step, count, drop }) => [start, step, count, drop ? 1 : 0]);
}

function unpackSelection(packed: PackedSelection): Selection {
  return Array.from({ length: packed.length / 4 }, (_, d) => {
    const [start, step, count, drop] = packed.slice(4 * d, 4 * d + 4) as [number, number, number, number];
    return { start, step, count, drop: drop === 1 };
  });
}

function undropped(selection: Selection): Selection {
  return selection.map((s) => ({ ...s, drop: false }));
}

/** Runs on the owner. */
function readPiece(name: PieceName, selection: PackedSelection): PackedBlock {
  return packBlock(pieceNamed(name).block.slice(unpackSelection(selection)));
}

/** Runs on the owner. */
function writePiece(name: PieceName, selection: PackedSelection, values: PackedBlock): void {
  const place = pieceNamed(name).block.slice(unpackSelection(selection));
  copyInto(place, stretch(unpackBlock(values), place.shape));
}

function careOfSelection([, selection]: readonly unknown[]): Care {
  return careFor(product(unpackSelection(selection as PackedSelection).map((s) => s.count)));
}

export function installGather(): void {
  registerService("darray.read", readPiece, careOfSelection);
  registerService("darray.write", writePiece, careOfSelection);
}
