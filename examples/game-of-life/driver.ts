// Plays the game of life on all workers and draws its last generation.
import { writeFile } from "node:fs/promises";
import { encode } from "fast-png";
import { type DArray, darray, nworkers, zeros } from "tjulia";
import { lifeStep } from "./life.ts";

const [file = "life.png", size = "120", generations = "60"] = process.argv.slice(2);
const n = Number(size);

/** Every cell is alive or not by its place alone, so that the start is the same however it is cut. */
function alive(y: number, x: number): 0 | 1 {
  const sum = Math.imul(y, 374761393) + Math.imul(x, 668265263);
  const mixed = Math.imul(sum ^ (sum >>> 13), 1274126177);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % 100 < 35 ? 1 : 0;
}

let world: DArray = await darray(
  ([rows, columns]) => {
    const piece = zeros(rows?.length ?? 0, columns?.length ?? 0, { dtype: "uint8" });
    let i = 0;
    for (const y of rows ?? []) for (const x of columns ?? []) (piece.data as Uint8Array)[i++] = alive(y, x);
    return piece;
  },
  [n, n],
);
console.log(`${n} × ${n} cells in ${world.dist.join(" × ")} pieces on ${nworkers()} workers`);
console.log(`at first ${await world.sum()} live`);

for (let generation = 0; generation < Number(generations); generation++) {
  const next = await lifeStep(world);
  await world.close();
  world = next;
}
console.log(`after ${generations} generations ${await world.sum()} live`);

const cells = await world.toArray();
const pixels = Uint8Array.from(cells.data as Uint8Array, (cell) => (cell ? 0 : 255));
await writeFile(file, encode({ width: n, height: n, channels: 1, data: pixels }));
console.log(file);
