// A map inside a map: each experiment, on a worker, maps over its own trials, on all workers. A worker that waits for others
// serves them meanwhile, so that nothing ever stands still.
import { myid, nworkers, pmap, range } from "tjulia";

const experiments = ["random walk", "dice", "coins"];

/** One trial; `seed` makes it the same at every run. */
function trial(kind: string, seed: number): number {
  let state = seed * 2654435761 + kind.length;
  const random = () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
    return state / 2 ** 32;
  };
  let sum = 0;
  for (let i = 0; i < 100_000; i++) sum += random() < 0.5 ? -1 : 1;
  return Math.abs(sum);
}

const summaries = await pmap(async (kind: string) => {
  const outer = myid();
  const values = await pmap((seed: number) => ({ value: trial(kind, seed), inner: myid() }), range(1, 9), {
    batchSize: 1,
  });
  const mean = values.reduce((sum, { value }) => sum + value, 0) / values.length;
  return { kind, mean, outer, inner: new Set(values.map(({ inner }) => inner)).size };
}, experiments);

for (const { kind, mean, inner } of summaries) {
  console.log(`${kind.padEnd(12)} mean distance ${mean.toFixed(0)}, trials on ${inner} of ${nworkers()} workers`);
}
