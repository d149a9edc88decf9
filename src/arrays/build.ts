/**
 * Makes the pieces of a new distributed array: one call to each owner, all at once. An owner runs a maker, which gives the
 * chunk for its region; when one of them fails, what the others made is dropped.
 */
import { UsageError } from "../errors.ts";
import { type Care, registerService } from "../runtime/calls/services.ts";
import { isPromiseLike } from "../runtime/refs/context.ts";
import { RemoteRef } from "../runtime/refs/remote-ref.ts";
import { ask } from "./ask.ts";
import { careFor, careOfUserCode, proved } from "./care.ts";
import type { PieceName } from "./description.ts";
import type { ElementType } from "./dtype.ts";
import { type Layout, product, type Region, regionOf, sizesOf } from "./partition.ts";
import { Piece, storePiece } from "./piece.ts";
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
  const refs = layout.pids.map((pid) => new RemoteRef(pid));
  try {
    const made = await settleAll(
      refs.map((ref, chunk) => {
        const region = regionOf(layout, chunk);
        return ask(ref.where, makePiece, [ref.whence, ref.id] as PieceName, region, maker, [...argsFor(chunk, region)]);
      }),
    );
    return { layout, dtype: commonType(layout, made), refs };
  } catch (error) {
    for (const ref of refs) ref.free();
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
function makePiece(
  name: PieceName,
  region: Region,
  maker: string,
  args: unknown[],
): ElementType | Promise<ElementType> {
  const { make, runsUserCode } = makers.get(maker) as KnownMaker;
  const store = (made: unknown): ElementType => {
    const piece = new Piece(region, made, maker);
    storePiece(name, piece);
    return piece.block.dtype;
  };
  const started = performance.now();
  const made = make(region, ...(args as never[]));
  if (runsUserCode) proved(args[0], performance.now() - started);
  return isPromiseLike(made) ? Promise.resolve(made).then(store) : store(made);
}

/** How much care the making of a piece needs: what is over in no time, or cannot run for ever, is not guarded. */
function careOfMaking([, region, maker, args]: readonly unknown[]): Care {
  const elements = product(sizesOf(region as Region));
  if (makers.get(maker as string)?.runsUserCode) return careOfUserCode((args as unknown[])[0], elements);
  return careFor(elements);
}

export function installBuild(): void {
  registerService("darray.make", makePiece, careOfMaking);
}
