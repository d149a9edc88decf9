/**
 * The worker's side of pmap. A job is one function that many batches of elements go through: it is sent once, with what it captures,
 * and batches name it by a key. Batches of one job run one after the other, in the order in which they came.
 */
import { UsageError } from "../errors.ts";
import type { Care } from "../runtime/calls/function-table.ts";
import { registerService } from "../runtime/calls/services.ts";
import { contextSignal, isPromiseLike } from "../runtime/refs/context.ts";
import { failureOf, failureParts } from "../runtime/refs/failure.ts";
import { watchProcesses } from "../runtime/wire/remote-process.ts";
import { ReuseWatch } from "./reuse.ts";
import { type Columns, unfold } from "./source.ts";
import { runStretch, type Stretch } from "./stretch.ts";

export type MapFunction = (...elements: never[]) => unknown;

export interface JobOptions {
  /** The first element that fails ends its batch: the whole map is over. */
  failFast: boolean;
  /** Elements of a batch whose function is async run at the same time (Julia's batch_size). */
  concurrent: boolean;
}

/** [ms it took, a value for each element that ran, what failed: place in the batch and the failure, whether any was async]. */
export type Answer = [
  ms: number,
  values: unknown[],
  failures: [place: number, parts: unknown[]][] | null,
  isAsync: boolean,
];

interface Job {
  readonly f: MapFunction;
  readonly options: JobOptions;
  readonly reuse: ReuseWatch;
  /** What an element took lately; unknown before the first. */
  msPerElement: number;
  /** The batch that runs, or the last one in line. */
  line: Promise<unknown> | undefined;
  /** The last two batches, in case their answers cannot travel as a whole. */
  readonly lastAnswers: Map<number, Answer>;
}

const jobs = new Map<string, Job>();

/** `msPerElement`: what an element took in an earlier map. */
export function openJob(
  key: string,
  f: MapFunction,
  options: JobOptions,
  msPerElement = Number.POSITIVE_INFINITY,
): void {
  jobs.set(key, { f, options, msPerElement, reuse: new ReuseWatch(), line: undefined, lastAnswers: new Map() });
}

export function closeJob(key: string): void {
  jobs.delete(key);
}

/** The function of a job, for a worker that joined later. */
export function functionOfJob(key: string): MapFunction | undefined {
  return jobs.get(key)?.f;
}

/** How many jobs are open here; an idle process has none. */
export function jobCount(): number {
  return jobs.size;
}

/** Runs the job's function on `count` elements, until `budgetMs` is used up; what was not started is not in the answer. */
export function runBatch(
  key: string,
  batch: number,
  columns: Columns,
  count: number,
  budgetMs: number,
): Answer | Promise<Answer> {
  const job = openedJob(key);
  const run = () => new BatchRun(job, columns, count, budgetMs).start();
  const running = job.line ? job.line.then(run) : run();
  if (!isPromiseLike(running)) return keep(job, batch, running);
  const kept = running.then((answer) => keep(job, batch, answer));
  const line: Promise<unknown> = kept
    .catch(() => {})
    .then(() => {
      if (job.line === line) job.line = undefined;
    });
  job.line = line;
  return kept;
}

/** One element's part of an answer that could not travel as a whole. */
export function partOfAnswer(key: string, batch: number, place: number): Answer {
  const answer = jobs.get(key)?.lastAnswers.get(batch);
  if (!answer) throw new Error("the results of this batch are not kept any more");
  const [, values, failures] = answer;
  const failed = failures?.find(([at]) => at === place);
  return [0, [values[place]], failed ? [[0, failed[1]]] : null, false];
}

function keep(job: Job, batch: number, answer: Answer): Answer {
  job.msPerElement = answer[0] / answer[1].length;
  if (answer[1].length < 2) return answer;
  job.lastAnswers.set(batch, answer);
  if (job.lastAnswers.size > 2) job.lastAnswers.delete(job.lastAnswers.keys().next().value as number);
  return answer;
}

/** A process gets the function before the batches, in the order in which they were sent, unless the function could not be built. */
function openedJob(key: string): Job {
  const job = jobs.get(key);
  if (!job) throw new UsageError(`this process has no function for the map ${key}: it is over, or did not begin`);
  return job;
}

/** A look at the clock costs little beside so much work. */
const CLOCK_MS = 0.02;
const MOST_UNTIL_CLOCK = 64;

/** One batch on its way through the function. Not async itself: most functions are not, and then no promise is made. */
class BatchRun {
  readonly #job: Job;
  readonly #columns: ArrayLike<unknown>[];
  readonly #count: number;
  readonly #signal = contextSignal();
  readonly #started = performance.now();
  readonly #until: number;
  readonly #values: unknown[] = [];
  #failures: Answer[2] = null;
  #isAsync = false;

  constructor(job: Job, columns: Columns, count: number, budgetMs: number) {
    this.#job = job;
    this.#columns = unfold(columns, count);
    this.#count = count;
    this.#until = this.#started + budgetMs;
  }

  start(): Answer | Promise<Answer> {
    return this.#job.options.concurrent ? this.#together() : this.#oneByOne(0);
  }

  #oneByOne(from: number): Answer | Promise<Answer> {
    const values = this.#values;
    const stretch = this.#stretch();
    for (let place = from; place < this.#count && !this.#isOver(place); place++) {
      try {
        place = runStretch(stretch, place, this.#count);
      } catch (thrown) {
        place = values.length;
        this.#failed(place, thrown);
        continue;
      }
      const last = values[place - 1];
      if (!isPromiseLike(last)) break;
      values.pop();
      return this.#goOnAfter(last, place - 1);
    }
    return this.#answer();
  }

  #stretch(): Stretch {
    const { f, reuse, msPerElement } = this.#job;
    const stride = Math.min(Math.max(1, Math.floor(CLOCK_MS / msPerElement)), MOST_UNTIL_CLOCK);
    return { f, columns: this.#columns, values: this.#values, reuse, until: this.#until, stride };
  }

  async #goOnAfter(value: PromiseLike<unknown>, place: number): Promise<Answer> {
    this.#isAsync = true;
    try {
      this.#values.push(await value);
    } catch (thrown) {
      this.#failed(place, thrown);
    }
    if (this.#job.reuse.isReused(this.#values[place])) return this.#answer();
    return this.#oneByOne(place + 1);
  }

  #together(): Answer | Promise<Answer> {
    const waiting: PromiseLike<void>[] = [];
    for (let place = 0; place < this.#count && !this.#isOver(place); place++) {
      this.#values.push(undefined);
      const arrived = (value: unknown): void => {
        this.#values[place] = value;
      };
      try {
        const value = this.#call(place);
        if (!isPromiseLike(value)) arrived(value);
        else waiting.push(value.then(arrived, (thrown) => this.#failed(place, thrown)));
      } catch (thrown) {
        this.#failed(place, thrown);
      }
    }
    this.#isAsync = waiting.length > 0;
    return waiting.length === 0 ? this.#answer() : Promise.all(waiting).then(() => this.#answer());
  }

  #call(place: number): unknown {
    const { f } = this.#job;
    const [first, second] = this.#columns as [ArrayLike<never>, ArrayLike<never>?];
    if (!second) return f(first[place] as never);
    return f(...this.#columns.map((column) => column[place] as never));
  }

  /** The time is up, the map was stopped, or it has failed and waits for nothing else. */
  #isOver(place: number): boolean {
    if (place === 0) return false;
    if (this.#signal?.aborted || (this.#failures && this.#job.options.failFast)) return true;
    return performance.now() > this.#until;
  }

  #failed(place: number, thrown: unknown): void {
    this.#values[place] = undefined;
    this.#failures ??= [];
    this.#failures.push([place, failureParts(failureOf(thrown))]);
  }

  #answer(): Answer {
    return [performance.now() - this.#started, this.#values, this.#failures, this.#isAsync];
  }
}

/** The jobs of a process end with it; their keys begin with its id. */
watchProcesses({
  left(pid) {
    for (const key of [...jobs.keys()]) if (key.startsWith(`${pid}:`)) closeJob(key);
  },
});

/** For a CachingPool: one call of a function that may have been sent before. */
export function callCached(key: string, args: unknown[], f?: MapFunction): unknown {
  if (f) openJob(key, f, { failFast: true, concurrent: false });
  const job = openedJob(key);
  return Reflect.apply(job.f, undefined, args);
}

registerService("pool.call", callCached);
/** Batches of elements that take no longer than this do without a guard, where the control thread can stop them. */
const SHORT_MS = 50;

function careOfBatch([key, , , count]: readonly unknown[]): Care {
  const msPerElement = jobs.get(key as string)?.msPerElement ?? 0;
  if (msPerElement * (count as number) < 0.5) return "quick";
  return msPerElement < SHORT_MS ? "short" : "guarded";
}

const always = (): Care => "quick";
registerService("pmap.open", openJob, always);
registerService("pmap.close", closeJob, always);
registerService("pmap.run", runBatch, careOfBatch);
registerService("pmap.part", partOfAnswer, always);
registerService("pmap.function", functionOfJob, always);
