// Measures one thing on bare workers and prints it: node measure.mjs <what> [workers]
import { startRaw } from "./cluster.mjs";

const [what, count = "2"] = process.argv.slice(2);
const started = process.hrtime.bigint();
const now = () => Number(process.hrtime.bigint() - started) / 1e6;

const measures = {
  /** µs a call, one after the other. */
  async call({ workers }) {
    const worker = workers[0];
    for (let i = 0; i < 5000; i++) await worker.call("twice", i);
    const calls = 20_000;
    const from = now();
    for (let i = 0; i < calls; i++) await worker.call("twice", i);
    return ((now() - from) / calls) * 1000;
  },
  /** Calls a second, 100,000 started at once to all workers in turn. */
  async flood({ workers }) {
    const round = () =>
      Promise.all(Array.from({ length: 100_000 }, (_, i) => workers[i % workers.length].call("twice", i)));
    await round();
    const from = now();
    await round();
    return 100_000 / ((now() - from) / 1000);
  },
  /** GB/s of one large array to a worker. */
  array: (cluster) => oneWay(cluster, 64 * 2 ** 20, 8),
  largeArray: (cluster) => oneWay(cluster, 512 * 2 ** 20, 2),
  /** GB/s of 64 MiB that all workers send at once, each its share, into fresh memory. */
  async gather({ workers }) {
    const bytes = (64 * 2 ** 20) / workers.length;
    const round = () => Promise.all(workers.map((worker) => worker.call("give", bytes)));
    await round();
    const from = now();
    for (let i = 0; i < 8; i++) await round();
    return (8 * 64 * 2 ** 20) / 1e6 / (now() - from);
  },
  /** GB/s of 1000 arrays of 8 KiB, sent at once. */
  async smallArrays({ workers }) {
    const arrays = Array.from({ length: 1000 }, (_, i) => new Float64Array(1024).fill(i));
    const round = () => Promise.all(arrays.map((a) => workers[0].call("length", 0, new Uint8Array(a.buffer))));
    for (let i = 0; i < 3; i++) await round();
    const from = now();
    for (let i = 0; i < 5; i++) await round();
    return (5 * 1000 * 8192) / 1e6 / (now() - from);
  },
  /** ms from the start of this program to the answers of all workers. */
  async start({ workers }) {
    await Promise.all(workers.map((worker) => worker.call("hello")));
    return now();
  },
  /** MiB (PSS) of an idle worker. */
  async memory({ workers }) {
    const pids = await Promise.all(workers.map((worker) => worker.call("hello")));
    const { pssOf } = await import("../pss.mjs");
    return Math.max(...pids.map(pssOf));
  },
};

async function oneWay({ workers }, bytes, rounds) {
  const array = new Float64Array(bytes / 8).fill(1.5);
  const view = new Uint8Array(array.buffer);
  await workers[0].call("length", 0, view);
  const from = now();
  for (let i = 0; i < rounds; i++) await workers[0].call("length", 0, view);
  return (rounds * bytes) / 1e6 / (now() - from);
}

const cluster = await startRaw(Number(count));
const value = await measures[what](cluster);
console.log(JSON.stringify({ value }));
cluster.stop();
