// What functions that travel cost: to send, to run, and to load the driver that they are written in.
const node = process.execPath;
const ours = (what) => [node, "bin/tjl.cjs", "-p", "1", "bench/ours/closures.mjs", what];
const major = Number(process.versions.node.split(".")[0]);

export const rows = [
  { id: "capture.first", name: "first capture of a closure", unit: "ms", ours: ours("first"), absolute: 5 },
  {
    id: "capture.again",
    name: "a closure of two variables, beyond a module function",
    unit: "µs",
    ours: ours("again"),
    absolute: 60,
  },
  {
    id: "capture.elsewhere",
    name: "the same, made by a function of the module",
    unit: "µs",
    ours: ours("elsewhere"),
    absolute: 60,
  },
  {
    id: "capture.looked",
    name: "the same, made where nobody follows it: looked into each time",
    unit: "µs",
    ours: ours("looked"),
    absolute: 250,
  },
  {
    id: "capture.same",
    name: "a function without variables, beyond a module function",
    unit: "µs",
    ours: ours("same"),
    absolute: 5,
  },
  {
    id: "capture.hot",
    name: "a hot loop in a shipped closure (raw: the original)",
    unit: "ms",
    ours: ours("hot"),
    raw: ours("original"),
    limit: 1.1,
  },
  {
    id: "load.driver",
    name: "a TypeScript driver of 300 lines, beyond its JavaScript in plain Node",
    unit: "ms",
    ours: [node, "bench/ours/load.mjs"],
    absolute: major >= 22 ? 25 : 70,
    rounds: 1,
  },
];
