/** Help for plain, distributed and shared arrays. Text only. */
import { entry, type HelpTexts } from "./help-entry.ts";

const MAKE_TRAP = "dims is a list: dzeros([1000, 1000]); plain arrays take them one by one: zeros(1000, 1000).";

export const arrayTexts: HelpTexts = {
  rand: entry(
    "rand(...dims)",
    "An array of uniform random numbers in [0, 1); without dims one number.",
    ["rand(2, 2)", "r = remotecall(2, rand, 2, 2)"],
    "Every process has a stream of its own; np.random.seed(1) fixes one of them.",
  ),
  randn: entry(
    "randn(...dims)",
    "An array of normal random numbers; without dims one number.",
    ["randn(3)", "np.mean(randn(100, 100))"],
    "Mean 0 and deviation 1: scale it yourself, np.add(5, np.multiply(2, randn(3))).",
  ),
  zeros: entry(
    "zeros(...dims)",
    "An array of zeros, float64.",
    ["zeros(2, 3)", "zeros(4).shape"],
    "Other types: np.zeros([2], 'int32').",
  ),
  ones: entry(
    "ones(...dims)",
    "An array of ones, float64.",
    ["ones(2, 3)", "np.sum(ones(10))"],
    "Other types: np.ones([2], 'int32').",
  ),
  np: entry(
    "np",
    "numpy-ts as a whole: np.add, np.matmul, np.linalg … It is loaded at the first use.",
    ["np.arange(5)", "np.matmul(rand(2, 2), rand(2, 2))"],
    "Operators do not work on arrays: np.add(a, b), not a + b.",
  ),
  darray: entry(
    "darray(init, dims, procs?, dist?): Promise<DArray>",
    "An array whose pieces live on the workers; init(ranges) runs on each owner and gives its piece.",
    [
      "d = await darray(([r]) => zeros(r.length), [8])",
      "d = await darray(([r, c]) => rand(r.length, c.length), [4, 4])",
    ],
    "init gets ranges of the whole array, and must give a piece of their lengths.",
  ),
  dzeros: entry(
    "dzeros(dims, procs?, dist?): Promise<DArray>",
    "A distributed array of zeros.",
    ["d = await dzeros([100, 100])", "await dzeros([8], workers())"],
    MAKE_TRAP,
  ),
  dones: entry(
    "dones(dims, procs?, dist?): Promise<DArray>",
    "A distributed array of ones.",
    ["d = await dones([100])", "await (await dones([10])).sum()"],
    MAKE_TRAP,
  ),
  drand: entry(
    "drand(dims, procs?, dist?): Promise<DArray>",
    "A distributed array of uniform random numbers.",
    ["d = await drand([100, 100])", "await (await drand([1000])).mean()"],
    MAKE_TRAP,
  ),
  drandn: entry(
    "drandn(dims, procs?, dist?): Promise<DArray>",
    "A distributed array of normal random numbers.",
    ["d = await drandn([100, 100])", "await (await drandn([1000])).max()"],
    MAKE_TRAP,
  ),
  dfill: entry(
    "dfill(x, dims, procs?, dist?): Promise<DArray>",
    "A distributed array of one value.",
    ["d = await dfill(7, [10])", "await dfill(0.5, [4, 4])"],
    MAKE_TRAP,
  ),
  distribute: entry(
    "distribute(a, procs?, dist?): Promise<DArray>",
    "Cuts an array into pieces and sends each to its owner.",
    ["d = await distribute(rand(100, 100))", "await distribute([1, 2, 3, 4])"],
    "The whole array passes through this process; darray makes the pieces where they live.",
  ),
  darrayFrom: entry(
    "darrayFrom(refs, grid?): Promise<DArray>",
    "A distributed array made of pieces that are already on the workers.",
    ["d = await darrayFrom(workers().map(p => remotecall(p, rand, 4)))", "d.dims"],
    "The pieces must fit together: equal heights in a row of the grid, equal widths in a column.",
  ),
  DArray: entry(
    "class DArray { dims; dtype; pids; dist; indexes }",
    "An array in pieces on several processes: get, set, view, map, reduce, sum, matmul … come from its methods.",
    ["d = await drand([4, 4])", "await d.get(0, 0)"],
    "Reading it element by element asks a process each time; use map, sum or localpart.",
  ),
  SubDArray: entry(
    "class SubDArray",
    "A part of a DArray, made by d.view(…): nothing is copied until toArray().",
    ["d = await drand([4, 4])", "await toArray(d.view(0, range(2)))"],
    "It sees later changes of the array.",
  ),
  toArray: entry(
    "toArray(d or view): Promise<NDArray>",
    "The elements as a plain array here; only the needed pieces travel.",
    ["await toArray(await dones([4]))", "await toArray((await drand([4, 4])).view(0, range(4)))"],
    "A DArray may be larger than the memory of one process.",
  ),
  localpart: entry(
    "localpart(d)",
    "The piece of a DArray that lives here, as it is, not a copy.",
    ["d = await dones([8])", "await remotecallFetch(2, () => np.sum(localpart(d)))"],
    "On a process without a piece, the prompt for one, it is empty.",
  ),
  localindexes: entry(
    "localindexes(d or S): Range[]",
    "Which indexes of the whole array this process has.",
    ["d = await dones([8])", "await remotecallFetch(2, () => localindexes(d))"],
    "Of a SharedArray it is this process's share of the work; all of it can be read.",
  ),
  sharedArray: entry(
    "sharedArray(dtype, dims, { init?, pids?, order? }): Promise<SharedArray>",
    "An array in memory that all workers of this host see at once.",
    ['S = await sharedArray("float64", [4, 4])', "S.set(1, 0, 0)"],
    "Two processes that write the same element race: split the work by localindexes(S).",
  ),
  SharedArray: entry(
    "class SharedArray { length; dims; data; get; set; at }",
    "What sharedArray gives. get and set take indexes, at(k) and data are in memory order.",
    ['S = await sharedArray("int32", [8])', "S.data"],
    "All of its processes are on one host.",
  ),
  sdata: entry(
    "sdata(S)",
    "The typed array under a SharedArray.",
    ['sdata(await sharedArray("int32", [8]))', "sdata(S).length"],
    "It is the memory itself: writing to it is seen everywhere.",
  ),
  setindex: entry(
    "setindex(target, values, ...indexes): Promise<target>",
    "Assigns to a part of a local, shared or distributed array: one value for all, an array, or a DArray.",
    ["d = await dzeros([4, 4]); await setindex(d, 1, 0, range(4))", "await setindex(zeros(2, 2), 5, 0, 0)"],
    "Indexes come last, unlike in d.set(value, i, j), which assigns one element.",
  ),
  spmd: entry(
    "spmd(f, ...args): Promise<R[]>",
    "Runs f on every owner of the first DArray or SharedArray among args, or on all workers, at once. Inside, the processes meet.",
    ["await spmd(() => myid())", "await spmd(async (x: number) => bcast(x * myid()), 10)"],
    "All must come to the same meetings in the same order, or they wait for each other.",
  ),
  barrier: entry(
    "barrier(): Promise<void>",
    "Inside spmd: waits until all processes have come here.",
    ["await spmd(async () => { await barrier(); return myid() })", "await spmd(() => barrier())"],
    "Outside of spmd there is nobody to meet: it is an error.",
  ),
  bcast: entry(
    "bcast(value, root?): Promise",
    "Inside spmd: gives everyone the value of one process, by default the first.",
    ["await spmd(() => bcast(myid()))", "await spmd(() => bcast(myid(), 3))"],
    "The values of the others are ignored, but they must call it too.",
  ),
  scatter: entry(
    "scatter(values, root?): Promise",
    "Inside spmd: cuts an array of one process along its first dimension and gives each its part.",
    ["await spmd(() => scatter([1, 2, 3, 4]))", "await spmd(() => scatter(ones(4, 2)))"],
    "Parts differ in length when the array cannot be cut evenly.",
  ),
  gather: entry(
    "gather(value, root?): Promise<T[] | undefined>",
    "Inside spmd: gives one process the values of all, in order.",
    ["await spmd(() => gather(myid()))", "await spmd(async () => (await gather(1))?.length)"],
    "The others get undefined.",
  ),
};
