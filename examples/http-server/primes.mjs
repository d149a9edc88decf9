/** How many primes there are from `start` up to, not including, `stop`. */
export function countPrimes(start, stop) {
  let count = 0;
  candidates: for (let n = Math.max(start, 2); n < stop; n++) {
    for (let d = 2; d * d <= n; d++) if (n % d === 0) continue candidates;
    count++;
  }
  return count;
}
