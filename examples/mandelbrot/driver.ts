// Draws the Mandelbrot set into a PNG file: rows are computed by the workers, the picture is put together here.
import { writeFile } from "node:fs/promises";
import { encode } from "fast-png";
import { pmap, range } from "tjulia";
import { row, type View } from "./mandelbrot.ts";

const [file = "mandelbrot.png", width = "600"] = process.argv.slice(2);
const view: View = {
  width: Number(width),
  height: Math.round(Number(width) / 1.5),
  re: -0.65,
  im: 0,
  span: 3.2,
  limit: 300,
};

// The arrow takes along `view`, which it names, and refers to `row`, which it imports.
const rows = await pmap((y) => row(view, y), range(view.height), { batchSize: 16 });

const data = new Uint8Array(3 * view.width * view.height);
for (const [y, pixels] of rows.entries()) data.set(pixels, 3 * view.width * y);
await writeFile(file, encode({ width: view.width, height: view.height, channels: 3, data }));
console.log(`${file}: ${view.width} × ${view.height} pixels`);
