// The measures of bench/raw/measure.mjs, by tjulia: a driver, run as `tjl -p n measure.mjs <what>`. Prints {"value": …}.
import { double, lengthOf } from "./work.mjs";

const [what] = process.argv.slice(2);
const now = () => performance.now();
const [first] = workers();

const measures = {
  /** µs a call, one after the other. */
  async call() {
    for (let i = 0; i < 5000; i++) await remotecallFetch(first, double, i);
    const calls = 20_000;
    const from = now();
    for (let i = 0; i < calls; i++) await remotecallFetch(first, double, i);
    return ((now() - from) / calls) * 1000;
  },
  /** Calls a second, 100,000 started at once to all workers in turn. */
  async flood() {
    const pids = workers();
    const round = () =>
      Promise.all(Array.from({ length: 100_000 }, (_, i) => remotecallFetch(pids[i % pids.length], double, i)));
    await round();
    const from = now();
    await round();
    return 100_000 / ((now() - from) / 1000);
  },
  array: () => oneWay(64 * 2 ** 20, 8),
  largeArray: () => oneWay(512 * 2 ** 20, 2),
  /** GB/s of 1000 arrays of 8 KiB, sent at once. */
  async smallArrays() {
    const arrays = Array.from({ length: 1000 }, (_, i) => new Float64Array(1024).fill(i));
    const round = () => Promise.all(arrays.map((a) => remotecallFetch(first, lengthOf, a)));
    for (let i = 0; i < 3; i++) await round();
    const from = now();
    for (let i = 0; i < 5; i++) await round();
    return (5 * 1000 * 8192) / 1e6 / (now() - from);
  },
  /** MiB (PSS) of an idle worker. */
  async memory() {
    const pids = await Promise.all(workers().map((pid) => remotecallFetch(pid, () => process.pid)));
    const { pssOf } = await import("../pss.mjs");
    return Math.max(...pids.map(pssOf));
  },
};

async function oneWay(bytes, rounds) {
  const array = new Float64Array(bytes / 8).fill(1.5);
  await remotecallFetch(first, lengthOf, array);
  const from = now();
  for (let i = 0; i < rounds; i++) await remotecallFetch(first, lengthOf, array);
  return (rounds * bytes) / 1e6 / (now() - from);
}

console.log(JSON.stringify({ value: await measures[what]() }));
