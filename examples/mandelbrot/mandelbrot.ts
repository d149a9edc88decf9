// The Mandelbrot set, one row of pixels at a time. Plain arithmetic: nothing here knows of workers.

export interface View {
  width: number;
  height: number;
  /** The middle of the picture and its width in the complex plane. */
  re: number;
  im: number;
  span: number;
  /** After so many steps a point counts as inside. */
  limit: number;
}

/** The colours of row `y`, three bytes a pixel. */
export function row(view: View, y: number): Uint8Array {
  const pixels = new Uint8Array(3 * view.width);
  const step = view.span / view.width;
  const ci = view.im + (view.height / 2 - y) * step;
  for (let x = 0; x < view.width; x++) {
    const cr = view.re + (x - view.width / 2) * step;
    pixels.set(colour(escapeTime(cr, ci, view.limit) / view.limit), 3 * x);
  }
  return pixels;
}

/** How many steps of z² + c it takes to leave the circle of radius 2; `limit` when it stays. */
function escapeTime(cr: number, ci: number, limit: number): number {
  let zr = 0;
  let zi = 0;
  let steps = 0;
  while (steps < limit && zr * zr + zi * zi <= 4) {
    [zr, zi] = [zr * zr - zi * zi + cr, 2 * zr * zi + ci];
    steps++;
  }
  return steps;
}

/** Black inside, through blue and gold outside. */
function colour(t: number): [number, number, number] {
  if (t >= 1) return [0, 0, 0];
  const s = t ** 0.4;
  const part = (x: number) => Math.round(255 * Math.min(1, Math.max(0, x)));
  return [part(2.2 * s - 0.5), part(1.6 * s - 0.2), part(0.35 + 1.5 * s * (1 - s))];
}
