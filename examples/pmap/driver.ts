// How long does 3n + 1 take to come down to 1? Heavy and light numbers mixed: pmap gives each free worker its next piece.
import { myid, nworkers, pmap, range } from "tjulia";

const limit = Number(process.argv[2] ?? 300_000);
const pieceSize = 5_000;

interface Best {
  n: number;
  steps: number;
}

/** The number with the longest way below `stop`, from `start` on. */
function longest(start: number, stop: number): Best & { worker: number } {
  let best: Best = { n: start, steps: 0 };
  for (let n = start; n < stop; n++) {
    let steps = 0;
    for (let m = n; m !== 1; steps++) m = m % 2 === 0 ? m / 2 : 3 * m + 1;
    if (steps > best.steps) best = { n, steps };
  }
  return { ...best, worker: myid() };
}

// Several collections: longest(start, stop) gets one element of each. Results keep the order of the input.
const starts = [...range(1, limit, pieceSize)];
const stops = starts.map((start) => Math.min(start + pieceSize, limit));
const pieces = await pmap(longest, starts, stops);

const best = pieces.reduce((a, b) => (b.steps > a.steps ? b : a));
console.log(`below ${limit}: ${best.n} takes ${best.steps} steps`);

const busy = new Set(pieces.map((piece) => piece.worker));
console.log(`${pieces.length} pieces, done by ${busy.size} of ${nworkers()} workers`);
