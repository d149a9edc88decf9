// What it costs that a call could be stopped at any time: a quick one nothing, one of a millisecond or more at most 3 %. And how long it takes.
const node = process.execPath;
const guarded = (what, ...flags) => [node, "bin/tjl.cjs", "-p", "1", "bench/ours/unbreakable.mjs", what, ...flags];

export const rows = [
  {
    id: "unbreakable.slow",
    name: "a call of 2 ms, CPU of the worker (raw: of process 1, which nothing guards)",
    unit: "ms",
    ours: guarded("slow"),
    raw: guarded("unguarded"),
    limit: 1.03,
    cores: 1,
  },
  {
    id: "unbreakable.quick",
    name: "a quick call, CPU of the worker (raw: one of Node's own functions)",
    unit: "µs",
    ours: guarded("quick"),
    raw: guarded("builtin"),
    limit: 1.1,
    cores: 1,
  },
  {
    id: "unbreakable.interrupt",
    name: "interrupt of nine kinds of endless code, the longest",
    unit: "ms",
    ours: [node, "bin/tjl.cjs", "-p", "1", "bench/ours/interrupt.mjs"],
    absolute: 200,
    rounds: 3,
  },
];
