/**
 * How far a map has come. Counted here, from the answers; no messages are sent for it. Whoever shows it (the command line) sets the sink;
 * without one nothing is shown.
 */

export interface WorkerFailures {
  pid: number;
  count: number;
  /** The last one, in words: "element 7: Error: no such file". */
  last: string;
}

/** A picture of a pmap under way. */
export interface Progress {
  /** Elements that have their result. */
  done: number;
  /** Elements in all, where that is known. */
  total: number | undefined;
  /** Failures so far, those that were retried or replaced included. */
  failed: number;
  /** Seconds since it began. */
  elapsed: number;
  /** Elements a second, lately. */
  rate: number;
  /** Seconds to go, where that can be told. */
  remaining: number | undefined;
  /** Workers on which elements failed. */
  failures: readonly WorkerFailures[];
}

/** Shows maps to people. `begin` is called for each map; `end` of what it gives when the map is over. */
export interface ProgressSink {
  begin(read: () => Progress): { end(): void };
}

let sink: ProgressSink | undefined;

/** Sets who shows the progress of maps to people. */
export function setProgressSink(shows: ProgressSink | undefined): void {
  sink = shows;
}

/** The rate looks back over this many seconds. */
const WINDOW_S = 5;

export class ProgressMeter {
  readonly #startedAt = performance.now();
  readonly #failures = new Map<number, WorkerFailures>();
  readonly #tell: ((progress: Progress) => void) | undefined;
  readonly #shown: { end(): void } | undefined;
  #done = 0;
  #failed = 0;
  #total: number | undefined;
  /** What was done at some moments of the last seconds, the oldest first. */
  readonly #marks: { at: number; done: number }[] = [{ at: 0, done: 0 }];

  constructor(option: boolean | ((progress: Progress) => void) | undefined) {
    this.#tell = typeof option === "function" ? option : undefined;
    this.#shown = option === undefined || option === true ? sink?.begin(() => this.read()) : undefined;
  }

  /** Something has changed; tells the function that was given. */
  step(done: number, total: number | undefined): void {
    this.#done = done;
    this.#total = total;
    this.#tell?.(this.read());
  }

  failure(pid: number, error: unknown): void {
    this.#failed++;
    const failures = this.#failures.get(pid) ?? { pid, count: 0, last: "" };
    failures.count++;
    const text = error instanceof Error ? (error.message.split("\n", 1)[0] as string) : String(error);
    failures.last = text.replace(/^on (worker|process) \d+, /, "");
    this.#failures.set(pid, failures);
  }

  end(): void {
    this.#shown?.end();
  }

  read(): Progress {
    const elapsed = (performance.now() - this.#startedAt) / 1000;
    const rate = this.#rate(elapsed);
    const left = this.#total === undefined ? undefined : this.#total - this.#done;
    return {
      done: this.#done,
      total: this.#total,
      failed: this.#failed,
      elapsed,
      rate,
      remaining: left === undefined || (rate === 0 && left > 0) ? undefined : left === 0 ? 0 : left / rate,
      failures: [...this.#failures.values()].sort((a, b) => a.pid - b.pid),
    };
  }

  #rate(elapsed: number): number {
    const marks = this.#marks;
    const newest = marks[marks.length - 1] as { at: number; done: number };
    if (elapsed - newest.at >= WINDOW_S / 10) marks.push({ at: elapsed, done: this.#done });
    while (marks.length > 2 && elapsed - (marks[1] as { at: number }).at > WINDOW_S) marks.shift();
    const oldest = marks[0] as { at: number; done: number };
    return elapsed > oldest.at ? (this.#done - oldest.done) / (elapsed - oldest.at) : 0;
  }
}
