// Sorts more numbers than travel to any one process: they are made on the workers, exchanged among them, and stay there.
import { drand, localpart, nworkers, remotecallFetch } from "tjulia";

const n = Number(process.argv[2] ?? 2_000_000);

const numbers = await drand([n]);
const sorted = await numbers.sort();
await numbers.close();

// Each worker checks its own piece; only its first and last number come here.
const ends = await Promise.all(
  sorted.pids.map((pid) =>
    remotecallFetch(pid, () => {
      const piece = localpart(sorted).data as Float64Array;
      for (let i = 1; i < piece.length; i++)
        if ((piece[i - 1] as number) > (piece[i] as number)) throw new Error(`not sorted at ${i}`);
      return { first: piece[0] as number, last: piece.at(-1) as number, length: piece.length };
    }),
  ),
);
const inOrder = ends.every(({ first }, i) => i === 0 || (ends[i - 1]?.last ?? 0) <= first);
console.log(
  `${n} numbers sorted on ${nworkers()} workers, pieces ${inOrder ? "in order" : "NOT in order"}, ${ends.reduce((a, e) => a + e.length, 0)} in all`,
);
console.log(`the median is ${(await sorted.get(Math.floor(n / 2))).toFixed(2)}`);
