// Distributed and shared arrays: against bare sockets, against plain typed arrays, against the same work in one process.
const node = process.execPath;
const ours = (what, count = 2) => [node, "bin/tjl.cjs", "-p", String(count), "bench/ours/arrays.mjs", what];

export const rows = [
  {
    id: "darray.gather",
    name: "64 MiB DArray, 2 workers, gathered",
    unit: "GB/s",
    better: "higher",
    ours: ours("gather"),
    raw: [node, "bench/raw/measure.mjs", "gather", "2"],
    limit: 0.85,
  },
  {
    id: "darray.gather2d",
    name: "64 MiB DArray cut by columns, gathered",
    unit: "GB/s",
    better: "higher",
    ours: ours("gatherColumns"),
    raw: [node, "bench/raw/measure.mjs", "gather", "2"],
    limit: 0.85,
  },
  {
    id: "darray.create",
    name: "a DArray on 2 workers, in round trips",
    unit: "",
    ours: ours("create"),
    absolute: 3,
    rounds: 3,
  },
  {
    id: "darray.map",
    name: "map on 2 workers, of half the serial map",
    unit: "",
    ours: ours("map"),
    absolute: 1.1,
    rounds: 3,
  },
  {
    id: "darray.life",
    // What the machine's two cores give to two bare processes stands beside it; on two whole ones that is 2.
    name: "life 2000 × 2000, times the serial step (raw: halves)",
    unit: "×",
    better: "higher",
    ours: ours("life"),
    raw: [node, "bench/raw/life.mjs"],
    absolute: 1.6,
    rounds: 3,
  },
  {
    id: "memory.fresh",
    name: "a fresh array of 4 MiB touched on a worker",
    unit: "ms",
    ours: ours("fresh", 1),
    raw: [node, "bench/raw/fresh.mjs"],
    limit: 1.1,
    rounds: 3,
  },
  {
    id: "shared.loop",
    name: "loop over SharedArray.data, of a typed array's",
    unit: "",
    ours: ours("sharedLoop", 1),
    absolute: 1.05,
    rounds: 3,
  },
];
