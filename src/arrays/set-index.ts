/** Between local and other arrays: toArray, and assignment into a part of an array (Julia's setindex!). */
import { UsageError } from "../errors.ts";
import { asBlock, demandBlock, fromBlock, kindOf } from "./as-block.ts";
import { copyInto } from "./block.ts";
import { stretch } from "./broadcast.ts";
import { Distributed, type Gathered, valuesOf } from "./distributed.ts";
import { gatherInto } from "./gather.ts";
import type { NDArray } from "./ndarray.ts";
import { type Index, select, selectAll } from "./selection.ts";
import { SubDArray } from "./subdarray.ts";

/**
 * The elements of a DArray or of a view of one, copied here; each owner is asked once, all at once. Also copies any other array.
 *
 * @example
 * const d = await dones([2, 3]);
 * console.log((await toArray(d)).shape); // [ 2, 3 ]
 */
export function toArray<T>(array: Distributed<T> | SubDArray<T>): Promise<Gathered<T>>;
export function toArray(array: object): Promise<NDArray>;
export async function toArray(array: object): Promise<unknown> {
  if (array instanceof Distributed) return array.gathered();
  if (array instanceof SubDArray) return array.toArray();
  const block = asBlock(array);
  if (!block) throw new UsageError(`toArray: expected an array, got ${kindOf(array)}`);
  return fromBlock(block.copy());
}

/**
 * Assigns to a part of an array: `setindex(target, values, i, range, …)`. The values are one for all, an array, a DArray or a view of
 * one, whose elements come straight to their places. The target is a numpy-ts array, a typed array, a shared array or a DArray.
 *
 * @example
 * const old = zeros(4, 4);
 * const d = await dones([2, 4]);
 * await setindex(old, d.view(0, ":"), 3, ":");
 * console.log(np.sum(old)); // 4
 */
export async function setindex<A extends object>(target: A, values: unknown, ...indexes: Index[]): Promise<A> {
  if (target instanceof Distributed) {
    const local =
      values instanceof Distributed || values instanceof SubDArray ? await toArray(values as Distributed) : values;
    await target.set(local as never, ...indexes);
    return target;
  }
  const whole = demandBlock(target, "setindex");
  const selection = select(whole.shape, indexes);
  const part = whole.slice(selection);
  if (values instanceof Distributed) await gatherInto(part, values.describe(), selectAll(values.dims));
  else if (values instanceof SubDArray) await gatherInto(part, values.parent.describe(), values.selection);
  else copyInto(part, stretch(valuesOf(values, whole.dtype, selection), part.shape));
  return target;
}
