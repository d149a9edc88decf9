/**
 * The other side of an operation on a distributed array: a scalar, a local array, a distributed one or a view of one. The
 * caller packs it for each owner; the owner unpacks it to a block for its region. Where both arrays are cut alike only a name
 * travels; else an owner fetches what it needs from those who have it.
 */
import { asBlock } from "./as-block.ts";
import type { Block } from "./block.ts";
import { chunkHere, type Description, type PieceName } from "./description.ts";
import { Distributed } from "./distributed.ts";
import { dtypeOfValue, type ElementType } from "./dtype.ts";
import { gather } from "./gather.ts";
import { type PackedBlock, packBlock, unpackBlock } from "./packed-block.ts";
import { type Layout, type Region, sameLayout, sameNumbers, sizesOf } from "./partition.ts";
import { pieceNamed } from "./piece.ts";
import { type Selection, selectAll, selectedDims } from "./selection.ts";
import { SubDArray } from "./subdarray.ts";

export interface Operand {
  readonly dims: readonly number[];
  /** Undefined for a scalar. */
  readonly dtype: ElementType | undefined;
  /** What the owner of piece `chunk` of the result, `region`, gets. */
  pack(layout: Layout, chunk: number, region: Region): PackedOperand;
  /** The part for a region, whoever asks. */
  part(region: Region): PackedOperand;
  /** Set for a distributed array that is taken whole. */
  readonly layout: Layout | undefined;
}

export type PackedOperand =
  | readonly ["scalar", unknown]
  | readonly ["block", PackedBlock]
  | readonly ["piece", PieceName]
  | readonly ["part", Description, Selection];

export function operandOf(value: unknown): Operand {
  if (value instanceof Distributed) return distributedOperand(value.describe(), selectAll(value.dims));
  if (value instanceof SubDArray) return distributedOperand(value.parent.describe(), value.selection);
  const block = dtypeOfValue(value) === "object" ? asBlock(value) : undefined;
  if (!block) {
    const scalar: PackedOperand = ["scalar", value];
    return { dims: [], dtype: undefined, layout: undefined, pack: () => scalar, part: () => scalar };
  }
  const part = (region: Region): PackedOperand => [
    "block",
    packBlock(block.slice(neededOf(selectAll(block.shape), region))),
  ];
  return {
    dims: block.shape,
    dtype: block.dtype,
    layout: undefined,
    part,
    pack: (_layout, _chunk, region) => part(region),
  };
}

function distributedOperand(from: Description, selection: Selection): Operand {
  const dims = selectedDims(selection);
  const isWhole = sameNumbers(dims, from.layout.dims) && selection.every((s) => s.step === 1);
  const part = (region: Region): PackedOperand => ["part", from, neededOf(selection, region)];
  return {
    dims,
    dtype: from.dtype,
    layout: isWhole ? from.layout : undefined,
    part,
    pack: (layout, chunk, region) =>
      isWhole && sameLayout(layout, from.layout) ? ["piece", from.pieces[chunk] as PieceName] : part(region),
  };
}

/** What a region of the result needs of an operand: its dimensions are aligned at the last one, size 1 stands for all. */
function neededOf(selection: Selection, region: Region): Selection {
  const kept = selection.filter((s) => !s.drop).length;
  let next = region.length - kept;
  return selection.map((s) => {
    if (s.drop) return s;
    const [start, stop] = region[next++] as readonly [number, number];
    return s.count === 1 ? s : { ...s, start: s.start + start * s.step, count: stop - start };
  });
}

/** On the owner: the operand for its region, a block or the scalar; a promise of it where elements have to be fetched. */
export function unpackOperand(packed: PackedOperand, region: Region): unknown {
  switch (packed[0]) {
    case "scalar":
      return packed[1];
    case "block":
      return unpackBlock(packed[1]);
    case "piece":
      return pieceNamed(packed[1]).block;
    case "part":
      return ownPiece(packed[1], packed[2], region) ?? gather(packed[1], packed[2]);
  }
}

/** The whole piece that this process has, where that is just what is needed: it need not be copied. */
function ownPiece(from: Description, needed: Selection, region: Region): Block | undefined {
  const chunk = chunkHere(from);
  if (chunk < 0 || needed.length !== region.length) return undefined;
  const { block, region: own } = pieceNamed(from.pieces[chunk] as PieceName);
  const sizes = sizesOf(own);
  const same = needed.every((s, d) => !s.drop && s.step === 1 && s.start === own[d]?.[0] && s.count === sizes[d]);
  return same ? block : undefined;
}
