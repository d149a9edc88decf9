// Starting, calling and what it costs to be there, against bare Node processes with the same sockets.
const node = process.execPath;
const tjl = [node, "bin/tjl.cjs"];
const raw = (what, count = 2) => [node, "bench/raw/measure.mjs", what, String(count)];
const ours = (what, count = 2) => [...tjl, "-p", String(count), "bench/ours/measure.mjs", what];
const answered = 'await Promise.all(workers().map((pid) => remotecallFetch(pid, myid))); console.log("answered")';
const start = (count) => [...tjl, "-p", String(count), "-e", answered];

export const rows = [
  {
    id: "start.0",
    name: "tjl -e 0 (raw: node -e 0)",
    unit: "ms",
    clock: "end",
    ours: [...tjl, "-e", "0"],
    raw: [node, "-e", "0"],
    limit: 1.6,
    rounds: 15,
  },
  {
    id: "start.2",
    name: "2 workers have answered",
    unit: "ms",
    clock: "spawn",
    ours: start(2),
    raw: raw("start", 2),
    limit: 1.3,
    rounds: 11,
  },
  {
    id: "start.16",
    name: "16 workers have answered",
    unit: "ms",
    clock: "spawn",
    ours: start(16),
    raw: raw("start", 16),
    limit: 1.3,
  },
  {
    id: "call.pinned",
    name: "a call, both on one core",
    unit: "µs",
    ours: ours("call", 1),
    raw: raw("call", 1),
    limit: 1.3,
    cores: 1,
  },
  { id: "call.free", name: "a call, two cores", unit: "µs", ours: ours("call", 1), raw: raw("call", 1), limit: 1.15 },
  {
    id: "call.flood",
    name: "100,000 calls at once, 2 workers",
    unit: "/s",
    better: "higher",
    ours: ours("flood"),
    raw: raw("flood"),
    limit: 0.65,
  },
  {
    id: "memory.idle",
    name: "memory of an idle worker (PSS)",
    unit: "MiB",
    ours: ours("memory"),
    raw: raw("memory"),
    difference: 8,
    rounds: 3,
  },
  {
    id: "array.64",
    name: "64 MiB Float64Array one way",
    unit: "GB/s",
    better: "higher",
    ours: ours("array", 1),
    raw: raw("array", 1),
    limit: 0.9,
  },
  {
    id: "array.512",
    name: "512 MiB Float64Array one way",
    unit: "GB/s",
    better: "higher",
    ours: ours("largeArray", 1),
    raw: raw("largeArray", 1),
    limit: 0.9,
    rounds: 3,
  },
  {
    id: "array.small",
    name: "1,000 arrays of 8 KiB at once",
    unit: "GB/s",
    better: "higher",
    ours: ours("smallArrays", 1),
    raw: raw("smallArrays", 1),
    limit: 0.6,
  },
];
