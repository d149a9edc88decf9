/** How shared arrays come to be, and how they travel: only the names of the mappings, and only to processes that have one. */
import { UsageError } from "../errors.ts";
import { demandKnownOptions } from "../known-options.ts";
import { workers } from "../runtime/calls/membership.ts";
import { registerService } from "../runtime/calls/services.ts";
import { withSignal } from "../runtime/refs/context.ts";
import type { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { trackChild } from "../runtime/refs/sync.ts";
import { registerExtension } from "../runtime/wire/codec.ts";
import type { Extension } from "../runtime/wire/extension.ts";
import { self } from "../runtime/wire/identity.ts";
import type { Dims } from "./arguments.ts";
import { ask } from "./ask.ts";
import type { Order } from "./block.ts";
import { bytesOf, checkDType, type DType } from "./dtype.ts";
import { product } from "./partition.ts";
import { settleAll } from "./settle-all.ts";
import { notMapped, SharedArray, type SharedMeta } from "./shared-array.ts";
import { hostOf, mapEverywhere } from "./shared-mapping.ts";

export interface SharedArrayOptions<D extends DType = DType> {
  /** Runs on every participant at once, with the array, before it is given out. */
  init?: (s: SharedArray<D>) => unknown;
  /** The processes that take part, on one host. Default: the workers on this host. */
  pids?: readonly number[];
  /** Which index runs fastest in memory: "C" the last (default), "F" the first, as in Julia. */
  order?: Order;
  /** Gives the making up, and stops what `init` does. */
  signal?: AbortSignal;
}

/**
 * An array in shared memory, zeros at first, for the processes of one host. Needs the package koffi.
 *
 * @example
 * const S = await sharedArray("int32", [3, 4], {
 *   init: (S) => {
 *     for (const k of localindexes(S)) S.data[k] = myid();
 *   },
 * });
 * console.log(S.length); // 12
 */
export function sharedArray<D extends DType>(
  dtype: D,
  dims: Dims,
  options: SharedArrayOptions<D> = {},
): Promise<SharedArray<D>> {
  const run = () => make(dtype, dims, options);
  const { signal } = options ?? {};
  return trackChild(signal ? withSignal(signal, run) : run());
}

async function make<D extends DType>(dtype: D, dims: Dims, options: SharedArrayOptions<D>): Promise<SharedArray<D>> {
  const meta = planSharedArray(dtype, dims, options);
  const { pids } = meta;
  if (hostOf(pids[0] as number) !== self.host) {
    throw new UsageError(
      `a shared array for host ${hostOf(pids[0] as number)} has to be made there: remotecallFetch(${pids[0]}, …); this process is on ${self.host}`,
    );
  }
  const refs = await mapEverywhere(product(meta.dims) * bytesOf(dtype), [...new Set([self.pid, ...pids])]);
  const array = new SharedArray<D>(meta, refs);
  remember(array);
  const { init } = options;
  if (init) await settleAll(pids.map((pid) => ask(pid, initialise as never, init as never, array as never)));
  return array;
}

function planSharedArray(dtype: DType, dims: Dims, options: SharedArrayOptions<never>): SharedMeta {
  demandKnownOptions("sharedArray", options, ["init", "pids", "order", "signal"]);
  checkDType(dtype);
  const list = typeof dims === "number" ? [dims] : [...dims];
  const bad = list.find((n) => !Number.isSafeInteger(n) || n < 0);
  if (bad !== undefined) throw new UsageError(`sharedArray: ${bad} is not a size of a dimension`);
  const { order = "C", pids = workersHere() } = options;
  if (order !== "C" && order !== "F")
    throw new UsageError(`sharedArray: the order is "C" or "F", not ${String(order)}`);
  if (pids.length === 0) throw new UsageError("sharedArray: no processes given");
  const twice = pids.find((pid, i) => pids.indexOf(pid) !== i);
  if (twice !== undefined) throw new UsageError(`sharedArray: process ${twice} is given twice`);
  const { init } = options;
  if (init !== undefined && typeof init !== "function") throw new UsageError("sharedArray: init is a function");
  const away = pids.find((pid) => hostOf(pid) !== hostOf(pids[0] as number));
  if (away !== undefined) {
    throw new UsageError(
      `a shared array lies on one host: process ${pids[0]} is on ${hostOf(pids[0] as number)}, process ${away} on ${hostOf(away)}`,
    );
  }
  return { dtype, dims: list, order, pids: [...pids] };
}

function workersHere(): number[] {
  const here = workers().filter((pid) => hostOf(pid) === self.host);
  return here.length > 0 ? here : [self.pid];
}

/** Runs on every participant. */
async function initialise(init: (s: SharedArray) => unknown, array: SharedArray): Promise<void> {
  await init(array);
}

/** One handle for each array and process. */
const handles = new WeakMap<RemoteRef, WeakRef<SharedArray<DType>>>();

function remember(array: SharedArray<DType>): void {
  handles.set(array.refs[0] as RemoteRef, new WeakRef(array));
}

const sharedExtension: Extension<SharedArray<DType>> = {
  tag: "shared",
  matches: (value): value is SharedArray<DType> => value instanceof SharedArray,
  encode(array, encoder) {
    const { dtype, dims, order, pids, refs } = array;
    if (!refs.some((ref) => ref.where === encoder.peer.pid)) encoder.refuse(notMapped(pids, encoder.peer.pid).message);
    return [dtype, [...dims], order, [...pids], refs.map((ref, i) => encoder.put(ref, `.mappings[${i}]`))];
  },
  decode(payload, decoder) {
    const [dtype, dims, order, pids, slots] = payload as [DType, number[], Order, number[], unknown[]];
    const refs = slots.map((slot) => decoder.get(slot) as RemoteRef);
    const known = handles.get(refs[0] as RemoteRef)?.deref();
    if (known) return known;
    const array = new SharedArray({ dtype, dims, order, pids }, refs);
    remember(array);
    return array;
  },
};

export function installShared(): void {
  registerService("shared.init", initialise);
  registerExtension(sharedExtension as never);
}
