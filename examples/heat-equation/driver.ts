// A hot spot spreads over a plate: the heat equation by finite differences on two SharedArrays. Every worker computes its band of
// rows straight from shared memory; between two steps they only meet, and no number travels.
import { writeFile } from "node:fs/promises";
import { encode } from "fast-png";
import { barrier, localindexes, nworkers, type SharedArray, sharedArray, spmd, workers } from "tjulia";

const [file = "heat.png", size = "200", steps = "500"] = process.argv.slice(2);
const n = Number(size);

const plate = await sharedArray("float64", [n, n]);
const next = await sharedArray("float64", [n, n]);

// Hot along the left edge of a square in the middle.
for (let y = Math.floor(n / 4); y < (3 * n) / 4; y++)
  for (let x = 0; x < n / 8; x++) plate.set(100, y, Math.floor(n / 4) + x);
const before = total(plate);

/** `steps` steps of this worker's rows, in time with the others. */
async function diffuse(from: SharedArray<"float64">, to: SharedArray<"float64">, count: number): Promise<number> {
  const share = localindexes(from);
  const [height = 0, width = 0] = from.dims;
  for (let step = 0; step < count; step++) {
    const [a, b] = step % 2 === 0 ? [from.data, to.data] : [to.data, from.data];
    for (let k = share.start; k < share.stop; k++) {
      const y = Math.floor(k / width);
      const x = k % width;
      const here = a[k] as number;
      const up = y > 0 ? (a[k - width] as number) : here;
      const down = y < height - 1 ? (a[k + width] as number) : here;
      const left = x > 0 ? (a[k - 1] as number) : here;
      const right = x < width - 1 ? (a[k + 1] as number) : here;
      b[k] = here + 0.2 * (up + down + left + right - 4 * here);
    }
    await barrier();
  }
  return share.length;
}

const shares = await spmd(diffuse, plate, next, Number(steps));
const result = Number(steps) % 2 === 0 ? plate : next;
console.log(
  `${n} × ${n} points, ${steps} steps on ${nworkers()} workers (${shares.length} shares of about ${Math.round((n * n) / workers().length)})`,
);

const heat = result.data;
console.log(
  `no heat is lost: ${(total(result) / before).toFixed(6)} of it is there; the hottest point has ${Math.max(...heat).toFixed(1)}`,
);

const pixels = new Uint8Array(3 * n * n);
for (let k = 0; k < n * n; k++) {
  const t = Math.min(1, (heat[k] as number) / 60);
  pixels.set([255 * Math.min(1, 2 * t), 255 * Math.max(0, 2 * t - 1), 255 * 0.4 * (1 - t)], 3 * k);
}
await writeFile(file, encode({ width: n, height: n, channels: 3, data: pixels }));
console.log(file);

function total(array: SharedArray<"float64">): number {
  return array.data.reduce((a, b) => a + b, 0);
}
