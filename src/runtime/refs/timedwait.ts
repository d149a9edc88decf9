/** timedwait: polls until something is true or the time is over. */
import { UsageError } from "../../errors.ts";
import { demandKnownOptions } from "../../known-options.ts";
import { contextSignal } from "./context.ts";
import { WaitLine } from "./wait-line.ts";

export interface TimedwaitOptions {
  /** Seconds between two looks. Default 0.1, at least 0.001. */
  pollint?: number;
  /** Gives up: rejects with InterruptError. */
  signal?: AbortSignal;
}

/**
 * Waits until `test` gives true, at most `seconds`. Looks once before it waits; `test` may be async. What it throws rejects.
 *
 * @example
 * const r = remotecall(2, () => 1);
 * console.log(await timedwait(() => isready(r), 5)); // ok
 */
export async function timedwait(
  test: () => unknown | Promise<unknown>,
  seconds: number,
  options: TimedwaitOptions = {},
): Promise<"ok" | "timed_out"> {
  demandKnownOptions("timedwait", options, ["pollint", "signal"]);
  const { pollint = 0.1 } = options;
  if (typeof test !== "function") throw new UsageError("timedwait(test, seconds): test is a function");
  if (!(seconds >= 0)) throw new UsageError(`timedwait(test, seconds): seconds is a number from 0 up, not ${seconds}`);
  if (!(pollint >= 0.001)) throw new UsageError(`timedwait: pollint is at least 0.001 seconds, not ${pollint}`);
  const signal = contextSignal(options.signal);
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    if (await test()) return "ok";
    const left = deadline - performance.now();
    if (left <= 0) return "timed_out";
    await pause(Math.min(pollint * 1000, left), signal);
  }
}

/** Waits for some milliseconds; rejects with InterruptError when `signal` is aborted first. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const line = new WaitLine<void>();
  const timer = setTimeout(() => line.serve(), Math.min(Math.max(1, ms), 0x7fffffff));
  try {
    await line.join(undefined, signal);
  } finally {
    clearTimeout(timer);
  }
}
