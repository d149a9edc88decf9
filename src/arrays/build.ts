/**
 * Makes the pieces of a new distributed array: one call to each owner, all at once. An owner runs a maker, which gives the
 * chunk for its region; when one of them fails, what the others made is dropped.
 */
import { UsageError } from "../errors.ts";
import type { Care } from "../runtime/calls/function-table.ts";
import { callKeeping, type KeepingCall, Kept } from "../runtime/calls/keep.ts";
import { registerService } from "../runtime/calls/services.ts";
import { inOneLook } from "../runtime/closures/shape.ts";
import { isPromiseLike } from "../runtime/refs/context.ts";
import type { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { careFor, careOfUserCode, proved } from "./care.ts";
import type { ElementType } from "./dtype.ts";
import { type Interval, type Layout, product, type Region, regionOf, sizesOf } from "./partition.ts";
import { Piece } from "./piece.ts";
import { settleAll } from "./settle-all.ts";

/** A distributed array without its handle. */
export interface Built {
  readonly layout: Layout;
  readonly dtype: ElementType;
  readonly refs: readonly RemoteRef[];
}

/** Gives the chunk of a region; runs on its owner. */
export type Maker = (region: Region, ...args: never[]) => unknown;

interface KnownMaker {
  readonly make: Maker;
  /** Its first argument is a function of the user's. */
  readonly runsUserCode: boolean;
}

const makers = new Map<string, KnownMaker>();

/** Makes `maker` known by its name; every process does so with the same makers. */
export function registerMaker(name: string, make: Maker, options: { runsUserCode?: boolean } = {}): void {
  makers.set(name, { make, runsUserCode: options.runsUserCode ?? false });
}

/** Runs the named maker on the owner of each piece; `argsFor` gives what it takes beside the region. */
export async function build(
  layout: Layout,
  maker: string,
  argsFor: (chunk: number, region: Region) => readonly unknown[],
): Promise<Built> {
  const calls: KeepingCall[] = [];
  try {
    inOneLook(() => {
      for (let chunk = 0; chunk < layout.pids.length; chunk++) {
        const region = regionOf(layout, chunk);
        const args = [maker, region.flat(), ...argsFor(chunk, region)];
        calls.push(callKeeping(layout.pids[chunk] as number, makePiece, args));
      }
    });
    const made = (await settleAll(calls.map((call) => call.told))) as ElementType[];
    return { layout, dtype: commonType(layout, made), refs: calls.map((call) => call.ref) };
  } catch (error) {
    // Some may still be at work where the arguments of another could not travel: nobody asks for what they make.
    for (const { ref, told } of calls) {
      told.catch(() => {});
      ref.free();
    }
    throw error;
  }
}

/** The one type that all pieces have; empty ones fit any. */
export function commonType(layout: Layout, types: readonly ElementType[]): ElementType {
  const filled = types.filter((_, chunk) => product(sizesOf(regionOf(layout, chunk))) > 0);
  const dtype = filled[0] ?? types[0] ?? "float64";
  const other = filled.findIndex((t) => t !== dtype);
  if (other < 0) return dtype;
  throw new UsageError(
    `the chunks have different types: ${dtype} on process ${layout.pids[types.indexOf(dtype)]}, ${filled[other]} on process ${layout.pids[types.indexOf(filled[other] as ElementType)]}`,
  );
}

/** Runs on the owner. At once where the maker is done at once: an answer that needs no further turn of the event loop is quicker. */
function makePiece(maker: string, borders: number[], ...args: unknown[]): Kept | Promise<Kept> {
  const { make, runsUserCode } = makers.get(maker) as KnownMaker;
  const region = regionBetween(borders);
  const keep = (made: unknown): Kept => {
    const piece = new Piece(region, made, maker);
    return new Kept(piece, piece.block.dtype);
  };
  const started = performance.now();
  const made = make(region, ...(args as never[]));
  if (runsUserCode) proved(args[0], performance.now() - started);
  return isPromiseLike(made) ? Promise.resolve(made).then(keep) : keep(made);
}

/** A flat list of numbers is packed faster than a list of pairs. */
function regionBetween(borders: readonly number[]): Region {
  const region: Interval[] = [];
  for (let d = 0; d < borders.length; d += 2) region.push([borders[d] as number, borders[d + 1] as number]);
  return region;
}

/** How much care the making of a piece needs: what is over in no time, or cannot run for ever, is not guarded. */
function careOfMaking([maker, borders, f]: readonly unknown[]): Care {
  const elements = product(sizesOf(regionBetween(borders as number[])));
  return makers.get(maker as string)?.runsUserCode ? careOfUserCode(f, elements) : careFor(elements);
}

export function installBuild(): void {
  registerService("darray.make", makePiece, careOfMaking);
}
