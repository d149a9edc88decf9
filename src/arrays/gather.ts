/**
 * Moves elements between a distributed array and this process: each owner that has some is asked once, all at once, and what
 * comes goes straight to its place. Works on every process.
 */
import { UsageError } from "../errors.ts";
import type { Care } from "../runtime/calls/function-table.ts";
import { callInto } from "../runtime/calls/remotecall.ts";
import { registerService } from "../runtime/calls/services.ts";
import { self } from "../runtime/wire/identity.ts";
import { flushAll } from "../runtime/wire/remote-process.ts";
import { ask } from "./ask.ts";
import { Block, copyInto } from "./block.ts";
import { broadcastShape, stretch } from "./broadcast.ts";
import { careFor } from "./care.ts";
import { type Description, type PieceName, selectionOf } from "./description.ts";
import { bytesOf, type DType, storageOf, type TypedArray, widthOf } from "./dtype.ts";
import { canFill, fillFrom } from "./fill.ts";
import { type PackedBlock, packBlock, unpackBlock } from "./packed-block.ts";
import { type PackedSelection, packSelection, unpackSelection } from "./packed-selection.ts";
import { product, sameNumbers } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import { LEAST_BYTES, type Lent, lend } from "./result-pool.ts";
import { borrow, giveBack } from "./scratch.ts";
import { type Selection, type Share, selectedDims, shapeText, sharesOf } from "./selection.ts";
import { settleAll } from "./settle-all.ts";

/** The selected elements, copied into one block of their own. */
export async function gather(from: Description, selection: Selection): Promise<Block> {
  const dims = selectedDims(selection);
  const shares = sharesOf(from.layout, selection);
  // Processes of different versions of Node keep float16 in different ways.
  const lent = /^(object|float16)$/.test(from.dtype) ? undefined : lendFor(from, shares);
  const whole = lent ? new Block(from.dtype, memoryOf(from, lent, dims), dims) : Block.alloc(from.dtype, dims);
  await gatherInto(whole, from, selection, shares, lent);
  return whole;
}

/** Shared memory for the result, where enough of it comes from other processes of this host. */
function lendFor(from: Description, shares: readonly Share[]): Lent | undefined {
  let all = 0;
  let near = 0;
  for (const { chunk, source } of shares) {
    const elements = product(source.map((s) => s.count));
    all += elements;
    if (canFill(from.layout.pids[chunk] as number)) near += elements;
  }
  const elementBytes = bytesOf(from.dtype as DType);
  return near * elementBytes >= LEAST_BYTES ? lend(all * elementBytes) : undefined;
}

function memoryOf(from: Description, lent: Lent, dims: readonly number[]): TypedArray {
  const Storage = storageOf(from.dtype as DType);
  return new Storage(lent.buffer, 0, product(dims) * widthOf(from.dtype));
}

/** Copies the selected elements into a block of their shape. */
export async function gatherInto(
  into: Block,
  from: Description,
  selection: Selection,
  shares = sharesOf(from.layout, selection),
  lent?: Lent,
): Promise<void> {
  const dims = selectedDims(selection);
  if (!sameNumbers(dims, into.shape)) {
    throw new UsageError(`${shapeText(dims)} elements do not fit into ${shapeText(into.shape)}`);
  }
  const whole = withDropped(into, selection);
  const own = shares.filter(({ chunk }) => from.layout.pids[chunk] === self.pid);
  const placeOf = ({ target }: Share) => whole.slice(selectionOf(target));
  const fetched = shares
    .filter((share) => !own.includes(share))
    .map((share) => fetchShare(placeOf(share), from, share, lent));
  // What is here is copied while the others are at work.
  if (own.length > 0 && whole.size >= FLUSH_ELEMENTS) flushAll();
  await settleAll([...fetched, ...own.map((share) => copyShare(placeOf(share), from, share))]);
}

/** Copying so many elements takes longer than sending what waits. */
const FLUSH_ELEMENTS = 50_000;

/** Copies the share of the piece of this process to its place. */
async function copyShare(place: Block, from: Description, { chunk, source }: Share): Promise<void> {
  copyInto(place, pieceNamed(from.pieces[chunk] as PieceName).block.slice(undropped(source)));
}

/** Brings the share of a piece on another process to its place. */
async function fetchShare(
  place: Block,
  from: Description,
  { chunk, source }: Share,
  lent: Lent | undefined,
): Promise<void> {
  const pid = from.layout.pids[chunk] as number;
  const name = from.pieces[chunk] as PieceName;
  const wanted = packSelection(undropped(source));
  if (lent && canFill(pid) && (await fillFrom(pid, name, wanted, place, lent))) return;
  const sameType = place.dtype === from.dtype && from.dtype !== "object";
  const bytes = sameType ? place.size * bytesOf(from.dtype as DType) : 0;
  if (bytes < LANDING_BYTES) return copyInto(place, unpackBlock(await ask(pid, readPiece, name, wanted)));
  // Read straight from the socket to where it belongs; where that is not one stretch, into memory that is at hand.
  const direct = place.isContiguous ? bytesIn(place) : undefined;
  const landing = direct ?? borrow(bytes);
  const part = unpackBlock((await callInto(landing, pid, readPiece, [name, wanted])) as PackedBlock);
  if (!direct || !isSameMemory(bytesIn(part), direct)) copyInto(place, part);
  if (!direct) giveBack(landing);
}

/** From this size on an array is read into memory that is prepared for it. */
const LANDING_BYTES = 64 * 1024;

/** The memory of a dense block. */
function bytesIn(block: Block): Uint8Array {
  const data = block.compact() as TypedArray;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function isSameMemory(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.byteLength === b.byteLength;
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
