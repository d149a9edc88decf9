/** How distributed arrays come to be: by a function of the ranges, filled, random, from a local array, from references. */
import { UsageError } from "../errors.ts";
import { Range } from "../parallel/range.ts";
import { workers } from "../runtime/calls/membership.ts";
import { trackChild } from "../runtime/refs/sync.ts";
import { self } from "../runtime/wire/identity.ts";
import { type ArrayOptions, type Dims, type MakeArguments, readArguments } from "./arguments.ts";
import { demandBlock } from "./as-block.ts";
import { Block } from "./block.ts";
import { type Built, build, registerMaker } from "./build.ts";
import { DArray } from "./darray.ts";
import { selectionOf } from "./description.ts";
import { Distributed } from "./distributed.ts";
import { checkDType, type DType, dtypeOfValue, type ElementType } from "./dtype.ts";
import { type PackedBlock, packBlock, unpackBlock } from "./packed-block.ts";
import { type Layout, planLayout, type Region, sameNumbers, sizesOf } from "./partition.ts";
import { type Distribution, randomBlock } from "./random.ts";

/** Makes the chunk of a region: gets a range of indexes for each dimension. */
export type Init = (ranges: Range[]) => unknown;

/**
 * A distributed array. `init` runs on each owner, gets the ranges of indexes that are its part and gives the chunk: a numpy-ts
 * array, a typed array, plain arrays, anything with a shape. It may be async and may read other distributed arrays.
 *
 * Default processes: the first min(workers, longest dimension) workers. `dist` says how many pieces each dimension is cut into; by
 * default the longest dimensions are cut. Processes lie row-major on the grid of pieces.
 *
 * @example
 * const d = await darray(([rows, cols]) => np.full([rows!.length, cols!.length], myid()), [4, 6]);
 * console.log(d.dims); // [ 4, 6 ]
 */
export function darray<T = number>(
  init: Init,
  dims: Dims,
  procs?: readonly number[] | ArrayOptions,
  dist?: readonly number[] | ArrayOptions,
  options?: ArrayOptions,
): Promise<DArray<T>> {
  return made<T>(() => {
    if (typeof init !== "function") {
      throw new UsageError("darray: the first argument is the function that makes the chunks");
    }
    const asked = readArguments("darray", [dims, ...given(procs, dist, options)]);
    const dtype = asked.dtype && checkDType(asked.dtype);
    return build(layoutFor(asked), "darray", () => [init, dtype]);
  });
}

/**
 * A distributed array of zeros: `dzeros([m, n], procs?, dist?, { dtype }?)`, or `dzeros(m, n)`.
 *
 * @example
 * const d = await dzeros([100, 100], { dtype: "int32" });
 * console.log(await d.sum()); // 0
 */
export function dzeros(...args: MakeArguments): Promise<DArray> {
  return filled("dzeros", args, 0);
}

/**
 * A distributed array of ones; arguments as for `dzeros`.
 *
 * @example
 * console.log(await (await dones(4, 5)).sum()); // 20
 */
export function dones(...args: MakeArguments): Promise<DArray> {
  return filled("dones", args, 1);
}

/**
 * A distributed array of random numbers in [0, 1); arguments as for `dzeros`.
 *
 * @example
 * console.log((await (await drand([1000])).max()) < 1); // true
 */
export function drand(...args: MakeArguments): Promise<DArray> {
  return random("drand", args, "uniform");
}

/**
 * A distributed array of random numbers of the standard normal distribution; arguments as for `dzeros`.
 *
 * @example
 * console.log((await (await drandn([1000])).std()) > 0.5); // true
 */
export function drandn(...args: MakeArguments): Promise<DArray> {
  return random("drandn", args, "normal");
}

/**
 * A distributed array in which every element is `x`, of x's type; further arguments as for `dzeros`.
 *
 * @example
 * const d = await dfill(true, [10]);
 * console.log(d.dtype); // bool
 */
export function dfill<T>(x: T, ...args: MakeArguments): Promise<DArray<T>> {
  return made<T>(() => {
    const asked = readArguments("dfill", args);
    const dtype = asked.dtype ? checkDType(asked.dtype) : dtypeOfValue(x);
    return build(layoutFor(asked), "filled", () => [dtype, x]);
  });
}

/**
 * A local array cut into pieces, each copied to its process; `like` a DArray in place of the processes: cut as that is.
 *
 * @example
 * const d = await distribute([[1, 2], [3, 4]]);
 * console.log(await d.get(1, 0)); // 3
 */
export function distribute<T = number>(
  a: unknown,
  procs?: readonly number[] | Distributed<never> | ArrayOptions,
  dist?: readonly number[] | ArrayOptions,
  options?: ArrayOptions,
): Promise<DArray<T>> {
  return made<T>(() => {
    const like = procs instanceof Distributed ? procs : undefined;
    const whole = demandBlock(a, "distribute");
    const asked = readArguments("distribute", [whole.shape, ...(like ? [] : given(procs, dist, options))]);
    const block = asked.dtype ? whole.astype(checkDType(asked.dtype)) : whole;
    const layout = like ? layoutLike(block, like) : layoutFor(asked);
    return build(layout, "given", (chunk, region) => {
      const part = block.slice(selectionOf(region));
      // What this process keeps for itself must not be the caller's own memory.
      return [packBlock(layout.pids[chunk] === self.pid ? part.copy() : part)];
    });
  });
}

/** The arguments up to the last that was given. */
function given(...args: unknown[]): unknown[] {
  return args.slice(0, args.findLastIndex((arg) => arg !== undefined) + 1);
}

/** A new array from its pieces; a `sync` around it waits for it. */
function made<T>(make: () => Promise<Built>): Promise<DArray<T>> {
  return trackChild((async () => new DArray<T>(await make()))());
}

function layoutLike(block: Block, like: Distributed<never>): Layout {
  const { layout } = like.describe();
  if (sameNumbers(layout.dims, block.shape)) return layout;
  throw new UsageError(
    `distribute: the array is ${block.shape.join("×")}, the one to be like is ${layout.dims.join("×")}`,
  );
}

function layoutFor({ dims, procs, dist }: { dims: readonly number[] } & ArrayOptions): Layout {
  return planLayout({ dims, procs, dist, workers: workers() });
}

function filled(name: string, args: MakeArguments, value: number): Promise<DArray> {
  return made(() => {
    const asked = readArguments(name, args);
    const dtype = checkDType(asked.dtype ?? "float64");
    return build(layoutFor(asked), "filled", () => [dtype, value]);
  });
}

function random(name: string, args: MakeArguments, kind: Distribution): Promise<DArray> {
  return made(() => {
    const asked = readArguments(name, args);
    const dtype = checkDType(asked.dtype ?? "float64");
    return build(layoutFor(asked), "random", () => [kind, dtype]);
  });
}

export function installMake(): void {
  registerMaker(
    "darray",
    (region, init: Init, dtype?: DType) => {
      const chunk = init(region.map(([start, stop]) => new Range(start, stop)));
      if (!dtype) return chunk;
      return Promise.resolve(chunk).then((chunk) => demandBlock(chunk, "darray").astype(dtype));
    },
    { runsUserCode: true },
  );
  registerMaker("filled", (region: Region, dtype: ElementType, value: unknown) => {
    const block = Block.alloc(dtype, sizesOf(region));
    if (value !== 0) block.fill(value);
    return block;
  });
  registerMaker("random", (region: Region, kind: Distribution, dtype: DType) =>
    randomBlock(kind, dtype, sizesOf(region)),
  );
  registerMaker("given", (_region, packed: PackedBlock) => unpackBlock(packed).contiguous());
}
