/**
 * The steps by which a machine is reached, each with a deadline of its own. What fails says at which step it failed, why, and
 * what to try.
 */
import type { LaunchFailure } from "../errors.ts";

export type Stage =
  | "configuration"
  | "resolve"
  | "connect"
  | "host key"
  | "login"
  | "command"
  | "upload"
  | "start"
  | "announce";

/** Seconds that a step may take; all are cut to TJL_WORKER_TIMEOUT where that is shorter. */
export const stageSeconds: Readonly<Record<Stage, number>> = {
  configuration: 20,
  resolve: 10,
  connect: 15,
  "host key": 15,
  login: 30,
  command: 30,
  upload: 60,
  start: 30,
  announce: 60,
};

/** A step failed. */
export class StageError extends Error {
  readonly stage: Stage;
  readonly hint: string | undefined;
  constructor(stage: Stage, reason: string, hint?: string, options?: ErrorOptions) {
    super(reason, options);
    this.stage = stage;
    this.hint = hint;
  }

  /** The same for the table of a LaunchError. */
  failureOn(host: string): LaunchFailure {
    return { host, stage: this.stage, reason: this.message, hint: this.hint };
  }
}

/**
 * Time that runs in small pieces, so that it nearly stands still while this process is too busy to hear anything: what came meanwhile
 * is read first. It stands still while a person is asked something.
 */
export class Deadline {
  readonly passed: Promise<never>;
  readonly seconds: number;
  #reject: (error: Error) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #late: () => Error;
  #isOver = false;

  constructor(seconds: number, late: (seconds: number) => Error) {
    this.seconds = seconds;
    this.#late = () => late(seconds);
    this.passed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.passed.catch(() => {});
    this.#run(seconds * 1000);
  }

  #run(ms: number): void {
    if (this.#isOver) return;
    if (ms <= 0) return this.#reject(this.#late());
    const piece = Math.min(ms, PIECE_MS);
    this.#timer = setTimeout(() => this.#run(ms - piece), piece);
  }

  /** Runs `ask` with the clock stopped; afterwards it starts anew. */
  async pausedFor<T>(ask: () => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    try {
      return await ask();
    } finally {
      this.#run(this.seconds * 1000);
    }
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}

const PIECE_MS = 100;

/** How long the step may take here and now. */
export function secondsFor(stage: Stage): number {
  const all = Number(process.env.TJL_WORKER_TIMEOUT);
  return all > 0 ? Math.min(all, stageSeconds[stage]) : stageSeconds[stage];
}

/**
 * Runs one step. Rejects with a StageError when it fails, when its time is up, or with the signal's reason when that is aborted.
 * `work` gets the deadline, to stop its clock while a person is asked.
 */
export async function inStage<T>(
  stage: Stage,
  work: (deadline: Deadline) => Promise<T>,
  options: { seconds?: number | undefined; signal?: AbortSignal | undefined; hint?: string } = {},
): Promise<T> {
  options.signal?.throwIfAborted();
  const late = (seconds: number) => new StageError(stage, `nothing heard for ${round(seconds)} s`, options.hint);
  const deadline = new Deadline(Math.min(options.seconds ?? Number.POSITIVE_INFINITY, secondsFor(stage)), late);
  const aborted = abortion(options.signal);
  try {
    return await Promise.race([work(deadline), deadline.passed, ...(aborted ? [aborted.promise] : [])]);
  } catch (error) {
    if (error instanceof StageError || options.signal?.aborted) throw error;
    throw new StageError(stage, (error as Error).message, options.hint, { cause: error });
  } finally {
    deadline.stop();
    aborted?.stop();
  }
}

function abortion(signal: AbortSignal | undefined): { promise: Promise<never>; stop(): void } | undefined {
  if (!signal) return undefined;
  let tell = () => {};
  const promise = new Promise<never>((_, reject) => {
    tell = () => reject(signal.reason);
    signal.addEventListener("abort", tell, { once: true });
  });
  promise.catch(() => {});
  return { promise, stop: () => signal.removeEventListener("abort", tell) };
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
