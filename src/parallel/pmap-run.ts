/**
 * One pmap under way: reads elements, gives batches to the crew as the schedule says, hands over results, deals with failures. Every
 * element is delivered exactly once, or the run ends with an error.
 */
import { InterruptError, ProcessExitedError, RemoteError, SerializationError } from "../errors.ts";
import { decodeFailure, errorOf } from "../runtime/refs/failure.ts";
import { abortedError } from "../runtime/refs/wait-line.ts";
import { Attempts } from "./attempts.ts";
import type { Crew } from "./crew.ts";
import type { Answer, MapFunction } from "./job.ts";
import { knownPace, notePace } from "./known-pace.ts";
import type { PmapOptions } from "./pmap-options.ts";
import { ProgressMeter } from "./progress.ts";
import { type Batch, Schedule } from "./schedule.ts";
import type { Source } from "./source.ts";

export interface RunParts {
  /** What goes over the elements on the workers. */
  f: MapFunction;
  source: Source;
  crew: Crew;
  options: PmapOptions;
  /** Aborted when the run ends early; the crew's calls obey it. */
  stop: AbortController;
  /** Stops the run from outside. */
  signal: AbortSignal | undefined;
  /** The results of the elements from `first` on. */
  deliver(first: number, values: readonly unknown[]): void;
  /** How many results may wait to be consumed, given how many elements one round takes. Default: any number. */
  window?: (inOneRound: number) => number;
}

export class PmapRun {
  readonly #parts: RunParts;
  readonly #schedule: Schedule;
  readonly #attempts: Attempts;
  readonly #progress: ProgressMeter;
  readonly #timers = new Set<NodeJS.Timeout>();
  #batches = 0;
  #isReading = false;
  #isOver = false;
  #lastDeath: ProcessExitedError | undefined;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { f, options, source, window } = parts;
    this.#schedule = new Schedule({
      batchSize: options.batchSize ?? "auto",
      total: source.total,
      msPerElement: knownPace(f),
      window,
    });
    this.#attempts = new Attempts(options);
    this.#progress = new ProgressMeter(options.progress);
  }

  /** Resolves when every element has been delivered; rejects with the error that ended the run. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { signal, crew } = this.#parts;
      if (signal?.aborted) return this.#fail(abortedError(signal));
      signal?.addEventListener("abort", this.#aborted, { once: true });
      crew.start({
        joined: (slot) => {
          if (this.#isOver) return;
          this.#schedule.addSlot(slot);
          queueMicrotask(() => this.#pump());
        },
        left: (slot) => {
          this.#schedule.removeSlot(slot);
          queueMicrotask(() => this.#pump());
        },
        failed: (error) => {
          if (!(error instanceof ProcessExitedError)) this.#fail(error);
        },
      });
      this.#pump();
    });
  }

  /** Whoever reads the results has taken so many. */
  consumed(count: number): void {
    this.#schedule.consume(count);
    this.#pump();
  }

  /** Nobody wants the rest. */
  cancel(): void {
    if (this.#isOver) return;
    this.#end();
    this.#parts.stop.abort(new InterruptError());
    this.#resolve();
  }

  readonly #aborted = (): void => {
    this.#fail(abortedError(this.#parts.signal as AbortSignal));
  };

  /** Reads and sends all that can be read and sent now, or ends. */
  #pump(): void {
    if (this.#isOver) return;
    try {
      this.#read();
      for (let batch = this.#next(); batch; batch = this.#next()) this.#send(batch);
    } catch (error) {
      return this.#fail(error);
    }
    if (this.#isOver) return;
    if (this.#schedule.isDone) this.#finish();
    else if (this.#schedule.slotCount === 0 && this.#parts.crew.isEmpty) this.#fail(this.#nobodyLeft());
  }

  #next(): Batch | undefined {
    return this.#isOver ? undefined : this.#schedule.next(performance.now());
  }

  #read(): void {
    while (!this.#isReading) {
      const { wanted } = this.#schedule;
      if (wanted === 0) return;
      const read = this.#parts.source.read(wanted);
      if (typeof read === "number") {
        this.#haveRead(read);
        continue;
      }
      this.#isReading = true;
      read.then(
        (count) => {
          this.#isReading = false;
          this.#haveRead(count);
          this.#pump();
        },
        (error) => this.#fail(error),
      );
    }
  }

  #haveRead(count: number): void {
    if (count === 0) this.#schedule.end();
    else this.#schedule.more(count);
  }

  #send(batch: Batch): void {
    const { source, crew } = this.#parts;
    const { slot, first, count, budgetMs } = batch;
    const number = this.#batches++;
    let answer: Promise<Answer>;
    try {
      answer = crew.run(slot, number, source.columns(first, count), count, budgetMs);
    } catch (error) {
      this.#schedule.dropped(batch);
      return this.#failedAsWhole(batch, error);
    }
    answer.then(
      (answer) => this.#answered(batch, answer),
      (error) => this.#unanswered(batch, number, error),
    );
  }

  #answered(batch: Batch, [ms, values, failures, isAsync]: Answer): void {
    if (this.#isOver) return;
    this.#parts.crew.learned?.(isAsync);
    this.#schedule.answered(batch, values.length, ms, performance.now());
    this.#take(batch, values, failures);
    this.#pump();
  }

  /** Delivers what ran well; looks after what did not. */
  #take({ first, slot }: Batch, values: readonly unknown[], failures: Answer[2]): void {
    if (failures) this.#takeOneByOne(first, slot, values, new Map(failures));
    else this.#deliver(first, values);
    this.#progress.step(this.#schedule.settledCount, this.#schedule.total);
  }

  #takeOneByOne(first: number, slot: number, values: readonly unknown[], failed: Map<number, unknown[]>): void {
    for (let place = 0; place < values.length; place++) {
      const parts = failed.get(place);
      if (parts === undefined) this.#deliver(first + place, [values[place]]);
      else this.#failed(first + place, slot, errorOf(decodeFailure(parts)));
    }
  }

  #deliver(first: number, values: readonly unknown[]): void {
    this.#parts.source.release(first, values.length);
    this.#schedule.settle(values.length);
    this.#parts.deliver(first, values);
  }

  /** The call of a batch failed: the worker is gone, the whole was stopped, or something in it could not travel. */
  #unanswered(batch: Batch, number: number, error: unknown): void {
    if (this.#isOver) return;
    this.#schedule.dropped(batch);
    if (error instanceof InterruptError) return this.#fail(error);
    if (error instanceof ProcessExitedError) return this.#died(batch, error);
    if (error instanceof SerializationError && batch.count > 1) return void this.#fetchOneByOne(batch, number);
    this.#failedAsWhole(batch, error);
  }

  #died(batch: Batch, error: ProcessExitedError): void {
    this.#lastDeath = error;
    this.#schedule.removeSlot(batch.slot);
    if (error.maybeRan) this.#eachFailed(batch, error);
    else this.#schedule.giveBack(batch.first, batch.count);
    this.#pump();
  }

  /** Nothing of the batch ran: its elements go one by one, so that the one that cannot travel fails alone. */
  #failedAsWhole(batch: Batch, error: unknown): void {
    if (batch.count === 1) this.#failed(batch.first, batch.slot, error);
    else for (let i = 0; i < batch.count; i++) this.#schedule.giveBack(batch.first + i, 1);
    queueMicrotask(() => this.#pump());
  }

  /** All of the batch ran, but the results could not travel together: those that can do so alone. */
  async #fetchOneByOne(batch: Batch, number: number): Promise<void> {
    for (let place = 0; place < batch.count && !this.#isOver; place++) {
      const one = { ...batch, first: batch.first + place, count: 1 };
      try {
        const [, values, failures] = await this.#parts.crew.part(batch.slot, number, place);
        if (!this.#isOver) this.#take(one, values, failures);
      } catch (error) {
        if (this.#isOver) return;
        if (error instanceof ProcessExitedError) return this.#died({ ...one, count: batch.count - place }, error);
        this.#failed(one.first, batch.slot, error);
      }
    }
    this.#pump();
  }

  #eachFailed({ first, count, slot }: Batch, error: ProcessExitedError): void {
    for (let i = 0; i < count && !this.#isOver; i++) this.#failed(first + i, slot, error);
  }

  #failed(element: number, slot: number, thrown: unknown): void {
    const error = naming(element, thrown);
    this.#progress.failure(this.#parts.crew.pidOf(slot), error);
    if (this.#attempts.isFinal) return this.#fail(error);
    this.#attempts.judge(element, error).then((verdict) => {
      if (this.#isOver) return;
      if (verdict.is === "failed") return this.#fail(verdict.error);
      if (verdict.is === "retry") return this.#retry(element, verdict.afterMs);
      this.#deliver(element, [verdict.value]);
      this.#progress.step(this.#schedule.settledCount, this.#schedule.total);
      this.#pump();
    });
  }

  #retry(element: number, afterMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#schedule.giveBack(element, 1);
      this.#pump();
    }, afterMs);
    this.#timers.add(timer);
  }

  #nobodyLeft(): Error {
    const death = this.#lastDeath;
    const without = (this.#schedule.total ?? 0) - this.#schedule.settledCount;
    const left = `no worker is left${without > 0 ? ` for ${without} elements` : ""}`;
    if (!death) return new ProcessExitedError({ pid: 0, reason: left });
    const { pid, host, exitCode, signal, element } = death;
    const how = signal
      ? `was ended by ${signal}`
      : exitCode === undefined
        ? "is gone"
        : `exited with status ${exitCode}`;
    return new ProcessExitedError({ pid, host, exitCode, signal, element, reason: `${how}, and ${left}` });
  }

  #finish(): void {
    const { f, options } = this.#parts;
    const { msPerElement } = this.#schedule;
    if (msPerElement !== undefined && typeof options.batchSize !== "number") notePace(f, msPerElement);
    this.#end();
    this.#resolve();
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#parts.stop.abort(error);
    this.#reject(error);
  }

  #end(): void {
    this.#isOver = true;
    const { signal, source, crew } = this.#parts;
    signal?.removeEventListener("abort", this.#aborted);
    for (const timer of this.#timers) clearTimeout(timer);
    source.close();
    crew.close();
    this.#progress.end();
  }
}

/** The error, saying which element it was. */
function naming(element: number, error: unknown): unknown {
  if (error instanceof RemoteError) {
    const { pid, host, cause, remoteStack } = error;
    return new RemoteError({ pid, host, cause, remoteStack, element });
  }
  if (error instanceof ProcessExitedError) {
    const { pid, host, exitCode, signal, lastLines, maybeRan } = error;
    const reason = /^(?:worker|process) \d+ ([^\n]*)/.exec(error.message)?.[1];
    return new ProcessExitedError({ pid, host, exitCode, signal, reason, lastLines, maybeRan, element });
  }
  return error;
}
