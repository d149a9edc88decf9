// Maps and loops on two workers against the same work in a plain loop here: `tjl -p 2 parallel.mjs <what>`. Prints {"value": …}.
import { efficiency, roundsOf, workOf } from "../raw/halves.mjs";
import { double } from "./work.mjs";

const [what] = process.argv.slice(2);
const now = () => performance.now();

async function timed(action) {
  const from = now();
  await action();
  return now() - from;
}

function mapped(us, count) {
  const f = workOf(roundsOf(us));
  return efficiency(f, count, () => pmap(f, range(count), { progress: false }));
}

const measures = {
  shortElements: () => mapped(50, 10_000),
  elements: () => mapped(1000, 1_000),
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
