// π by throwing darts: the share of random points of the unit square that fall into the quarter circle is π/4.
import { nworkers, parallel, range } from "tjulia";

const darts = Number(process.argv[2] ?? 20_000_000);

const hits = await parallel("+", range(darts), () => {
  const x = Math.random();
  const y = Math.random();
  return x * x + y * y < 1 ? 1 : 0;
});

const pi = (4 * hits) / darts;
console.log(`${darts} darts on ${nworkers()} workers: π ≈ ${pi.toFixed(2)}`);

// The standard error of the estimate tells how many digits are worth printing.
const error = 4 * Math.sqrt(((hits / darts) * (1 - hits / darts)) / darts);
console.log(`off by ${(Math.abs(pi - Math.PI) / error).toFixed(1)} standard errors of ${error.toExponential(0)}`);
