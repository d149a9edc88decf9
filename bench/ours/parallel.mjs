// Maps and loops on two workers against the same work in a plain loop here: `tjl -p 2 parallel.mjs <what>`. Prints {"value": …}.
import { double } from "./work.mjs";

const [what] = process.argv.slice(2);
const now = () => performance.now();

/**
 * A function that computes for about `us` microseconds on this machine, now. Each of its steps waits for the one before: the processor then takes
 * the same time for whatever code V8 makes of the loop, which differs by a fifth between processes where the steps overlap.
 */
function workOf(us) {
  const make = (rounds) => (x) => {
    let sum = 0;
    for (let i = 0; i < rounds; i++) sum = Math.sqrt(sum + i + x);
    return sum;
  };
  const trial = make(20_000);
  serially(trial, 300);
  return make(Math.round((20_000 * us) / 1000 / (serially(trial, 300) / 300)));
}

/** ms that the loop takes. */
function serially(f, count) {
  const from = now();
  for (let i = 0; i < count; i++) f(i);
  return now() - from;
}

async function timed(action) {
  const from = now();
  await action();
  return now() - from;
}

/**
 * The share of two workers' time that was work: half the time of the plain loop, over the time of the parallel way. The middle of 9 times, after
 * two that warm both up.
 */
async function efficiency(us, count, run) {
  const f = workOf(us);
  const shares = [];
  for (let round = 0; round < 11; round++) {
    serially(f, 100);
    const alone = serially(f, count);
    const share = alone / 2 / (await timed(() => run(f, count)));
    if (round >= 2) shares.push(share);
  }
  return shares.sort((a, b) => a - b)[4];
}

const map = (f, count) => pmap(f, range(count), { progress: false });
/** The limit: each worker gets its half in one call. */
const halves = (f, count) => Promise.all(workers().map((pid) => remotecallFetch(pid, serially, f, count / 2)));

const measures = {
  shortElements: () => efficiency(50, 10_000, map),
  shortHalves: () => efficiency(50, 10_000, halves),
  elements: () => efficiency(1000, 1_000, map),
  halves: () => efficiency(1000, 1_000, halves),
  /** µs an element, one by one on one worker. */
  async oneByOne() {
    const elements = range(20_000);
    const options = { batchSize: 1, pool: workers().slice(0, 1), progress: false };
    await pmap(double, range(5_000), options);
    return ((await timed(() => pmap(double, elements, options))) / elements.length) * 1000;
  },
  /** MiB by which the heap grows at most over a million elements, beyond the million results. */
  async millionElements() {
    const elements = (async function* () {
      for (let i = 0; i < 1_000_000; i++) yield i;
    })();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }, 20);
    const results = await pmap(double, elements, { progress: false });
    clearInterval(watch);
    return Math.max(0, most - 8 * results.length) / 2 ** 20;
  },
  /** The time of a parallel loop of 2e8 coin flips over that of the plain loop. */
  async flips() {
    const flips = 2e8;
    const plain = () => {
      let heads = 0;
      for (let i = 0; i < flips; i++) heads += Math.random() < 0.5 ? 1 : 0;
      return heads;
    };
    const from = now();
    plain();
    const alone = now() - from;
    return (await timed(() => parallel("+", range(flips), () => (Math.random() < 0.5 ? 1 : 0)))) / alone;
  },
};

console.log(JSON.stringify({ value: await measures[what]() }));
