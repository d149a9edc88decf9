/** Delays between tries, growing. */
import { UsageError } from "../errors.ts";

export interface BackoffOptions {
  /** Seconds before the first retry. Default 0.05. */
  firstDelay?: number;
  /** Seconds that no delay exceeds. Default 10. */
  maxDelay?: number;
  /** How much longer each delay is than the one before. Default 5. */
  factor?: number;
  /** Each is longer by up to this share, at random, so that not all tries come at once. Default 0.1. */
  jitter?: number;
}

/**
 * `n` delays in seconds for `retryDelays`, each longer than the one before: 0.05, 0.25, 1.25, 6.25, 10, 10 …, and up to a tenth more.
 *
 * @example
 * console.log(exponentialBackoff(3, { jitter: 0 })); // [ 0.05, 0.25, 1.25 ]
 */
export function exponentialBackoff(n: number, options: BackoffOptions = {}): number[] {
  const { firstDelay = 0.05, maxDelay = 10, factor = 5, jitter = 0.1 } = options;
  if (!Number.isInteger(n) || n < 0) throw new UsageError(`exponentialBackoff(${n}): n is a whole number from 0 up`);
  if (!(firstDelay >= 0 && maxDelay >= 0 && factor > 0 && jitter >= 0)) {
    throw new UsageError(
      "exponentialBackoff: firstDelay, maxDelay and jitter are numbers from 0 up, factor is above 0",
    );
  }
  return Array.from(
    { length: n },
    (_, i) => Math.min(firstDelay * factor ** i, maxDelay) * (1 + jitter * Math.random()),
  );
}
