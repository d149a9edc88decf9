// Maps and loops. Efficiency is the share of two workers' time that was work, against the plain loop in the same Node; beside it, as the
// limit, that of two bare processes with half of the elements each.
const node = process.execPath;
const ours = (what, count = 2) => [node, "bin/tjl.cjs", "-p", String(count), "bench/ours/parallel.mjs", what];
const halves = (us, count) => [node, "bench/raw/halves.mjs", String(us), String(count)];

export const rows = [
  {
    id: "pmap.50us",
    name: "efficiency of pmap, 10,000 × 50 µs",
    unit: "",
    better: "higher",
    ours: ours("shortElements"),
    raw: halves(50, 10_000),
    absolute: 0.9,
    rounds: 3,
  },
  {
    id: "pmap.1ms",
    name: "efficiency of pmap, 1,000 × 1 ms",
    unit: "",
    better: "higher",
    ours: ours("elements"),
    raw: halves(1000, 1_000),
    absolute: 0.97,
    rounds: 3,
  },
  {
    id: "pmap.one",
    name: "pmap one by one, an element (raw: a call)",
    unit: "µs",
    ours: ours("oneByOne", 1),
    raw: [node, "bench/raw/measure.mjs", "call", "1"],
    limit: 1.3,
  },
  {
    id: "pmap.million",
    name: "heap for 1e6 elements of an async iterable",
    unit: "MiB",
    ours: ours("millionElements"),
    absolute: 64,
    rounds: 3,
  },
  {
    id: "loop.flips",
    name: "2e8 coin flips, 2 workers, of the plain loop",
    unit: "",
    ours: ours("flips"),
    absolute: 0.55,
    rounds: 3,
  },
];
