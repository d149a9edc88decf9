// Julia's manual, "Multi-processing and Distributed Computing": how many of 200 million coin flips are heads?
// Written twice: with remote calls, and with a parallel loop.
import { fetch, parallel, range, spawn } from "tjulia";
import { countHeads } from "./count-heads.ts";

const flips = 200_000_000;

// Two calls, each on the next worker in turn; spawn returns at once, fetch waits for the value.
const first = spawn(() => countHeads(flips / 2));
const second = spawn(() => countHeads(flips / 2));
const heads = (await fetch(first)) + (await fetch(second));
console.log(`two calls:       ${percent(heads)} % heads`);

// The same as a loop: each worker flips its share, and only its count travels.
const counted = await parallel("+", range(flips), () => (Math.random() < 0.5 ? 1 : 0));
console.log(`a parallel loop: ${percent(counted)} % heads`);

function percent(n: number): string {
  return ((100 * n) / flips).toFixed(1);
}
