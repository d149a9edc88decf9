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

const cells = (await world.toArray()).data as Uint8Array;
const side = 4;
const pixels = new Uint8Array((n * side) ** 2);
for (let y = 0, i = 0; y < n * side; y++) {
  const row = Math.floor(y / side) * n;
  for (let x = 0; x < n * side; x++, i++) pixels[i] = cells[row + Math.floor(x / side)] ? 0 : 255;
}
await writeFile(file, encode({ width: n * side, height: n * side, channels: 1, data: pixels }));
console.log(file);
