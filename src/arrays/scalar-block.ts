/** One value as a block without dimensions, so that loops over blocks need not tell scalars from arrays. */
import { Block } from "./block.ts";
import { dtypeOfValue } from "./dtype.ts";

export function scalarBlock(value: unknown): Block {
  const block = Block.alloc(dtypeOfValue(value), []);
  block.set(value);
  return block;
}
