/**
 * A piece of a distributed array, on its owner: it lies in the slot of a reference, so that it lives as long as anybody
 * holds the array. What is done with it here is asked for by services; nothing in this file sends anything.
 */
import { processName, UsageError } from "../errors.ts";
import { findSlot } from "../runtime/refs/store.ts";
import { self } from "../runtime/wire/identity.ts";
import { fitBlock, fromBlock } from "./as-block.ts";
import { Block } from "./block.ts";
import type { PieceName } from "./description.ts";
import { type Region, sizesOf } from "./partition.ts";

export class Piece {
  readonly region: Region;
  #block: Block | undefined;
  /** What the user gets as the local part: what `init` returned, where that has memory of its own kind. */
  #part: unknown;

  constructor(region: Region, value: unknown, what = "darray") {
    this.region = region;
    this.#block = fitBlock(value, sizesOf(region), what);
    if (keepsItsMemory(value, this.#block)) this.#part = value;
  }

  get block(): Block {
    if (this.#block) return this.#block;
    throw new UsageError("the DArray has been closed");
  }

  /** The chunk as users get it. */
  get part(): unknown {
    const block = this.block;
    if (this.#part === undefined) {
      const part = fromBlock(block);
      // A list of lists is made anew each time: changes to it are not changes to the array.
      if (block.dtype === "object" && block.shape.length !== 1) return part;
      this.#part = part;
    }
    return this.#part;
  }

  /** Gives the memory back, whoever still holds the array. */
  close(): void {
    this.#block = undefined;
    this.#part = undefined;
  }
}

/** True when the value's own memory is what the block shows, in the same shape. */
function keepsItsMemory(value: unknown, block: Block): boolean {
  if (value instanceof Block) return false;
  if (value === block.data) return block.shape.length === 1;
  const shape = (value as { shape?: unknown }).shape;
  return Array.isArray(shape) && shape.length === block.shape.length;
}

/** The piece with that name; an error that says what became of it when it is not here. */
export function pieceNamed([whence, id]: PieceName): Piece {
  const piece = findSlot(whence, id)?.peek;
  if (piece instanceof Piece) return piece;
  throw new UsageError(
    `a piece of the DArray is not on ${processName(self.pid)} any more: the array was closed, or nobody held it`,
  );
}
