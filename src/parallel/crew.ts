/**
 * The workers that one pmap works with: who they are, the function that each of them was sent, and the way batches take there. Knows
 * nothing of scheduling or results.
 */
import { callUntil, remoteDo } from "../runtime/calls/remotecall.ts";
import { cancelCall, isUnderWay, startCall } from "../runtime/calls/start-call.ts";
import { inOneLook } from "../runtime/closures/shape.ts";
import { runInContext } from "../runtime/refs/context.ts";
import { nextId, self } from "../runtime/wire/identity.ts";
import {
  type Answer,
  closeJob,
  functionOfJob,
  type JobOptions,
  type MapFunction,
  openJob,
  partOfAnswer,
  runBatch,
} from "./job.ts";
import { knownPace } from "./known-pace.ts";
import type { Columns } from "./source.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** What the crew tells of itself. A slot is a place where one batch after the other runs: a worker, or a task of this process. */
export interface CrewEvents {
  joined(slot: number): void;
  /** No more batches should go there; what is there may still be answered. */
  left(slot: number): void;
  /** The function cannot be brought to a worker. */
  failed(error: unknown): void;
}

export interface Crew {
  /** Tells of all that are there, at once, and of changes later. */
  start(events: CrewEvents): void;
  pidOf(slot: number): number;
  /** Throws a SerializationError at once when the elements cannot travel. */
  run(slot: number, batch: number, columns: Columns, count: number, budgetMs: number): Promise<Answer>;
  /** The result of one element of a batch whose results could not travel together. */
  part(slot: number, batch: number, place: number): Promise<Answer>;
  /** Whether there is nobody, and nobody who might come back. */
  readonly isEmpty: boolean;
  learned?(isAsync: boolean): void;
  close(): void;
}

/** The workers of a pool that nobody has taken. */
export class PoolCrew implements Crew {
  readonly #pool: WorkerPool;
  readonly #f: MapFunction;
  readonly #options: JobOptions;
  readonly #signal: AbortSignal;
  readonly #key = `${self.pid}:${nextId()}`;
  /** Workers that were sent the function. */
  readonly #opened = new Set<number>();
  /** As far as is known. The first batch finds out, with a context for what an async function may call. */
  #isAsync = true;
  /** The last calls to each worker, those under way among them. */
  readonly #calls = new Map<number, number[]>();
  #hasStarted = false;
  #unwatch: () => void = () => {};

  constructor(pool: WorkerPool, f: MapFunction, options: JobOptions, signal: AbortSignal) {
    this.#pool = pool;
    this.#f = f;
    this.#options = options;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#cancelAll(), { once: true });
  }

  get isEmpty(): boolean {
    return this.#others().length === 0;
  }

  start(events: CrewEvents): void {
    const free = (pid: number): void => {
      if (this.#mayWork(pid)) this.#join(pid, events);
    };
    this.#unwatch = inOneLook(() => this.#pool.watch({ free, taken: (pid) => events.left(pid) }));
    this.#hasStarted = true;
  }

  pidOf(slot: number): number {
    return slot;
  }

  run(pid: number, batch: number, columns: Columns, count: number, budgetMs: number): Promise<Answer> {
    return this.#call(pid, runBatch, [this.#key, batch, columns, count, budgetMs], this.#isAsync) as Promise<Answer>;
  }

  /** What an answer told of the function. */
  learned(isAsync: boolean): void {
    this.#isAsync = isAsync;
  }

  part(pid: number, batch: number, place: number): Promise<Answer> {
    return this.#call(pid, partOfAnswer, [this.#key, batch, place]) as Promise<Answer>;
  }

  close(): void {
    this.#unwatch();
    for (const pid of this.#opened) if (this.#pool.workers.includes(pid)) remoteDo(pid, closeJob, this.#key);
  }

  /** Process 1 does not take over when its workers have died: what killed them would kill it. */
  #mayWork(pid: number): boolean {
    return !this.#hasStarted || pid !== 1 || self.pid !== 1 || this.#opened.has(1);
  }

  #others(): number[] {
    return this.#pool.workers.filter((pid) => this.#mayWork(pid));
  }

  /**
   * A worker has to be sent the function before the first batch. One that joins later gets it from one that has it: here the variables
   * that it captures may have changed since.
   */
  #join(pid: number, events: CrewEvents): void {
    const open = (f: unknown) => {
      this.#opened.add(pid);
      try {
        this.#call(pid, openJob, [this.#key, f, this.#options, knownPace(this.#f)]).catch(events.failed);
      } catch (error) {
        events.failed(error);
      }
    };
    if (this.#opened.has(pid)) return events.joined(pid);
    const donor = [...this.#opened].find((other) => this.#pool.workers.includes(other));
    if (!this.#hasStarted || donor === undefined) {
      open(this.#f);
      return events.joined(pid);
    }
    this.#copyFrom(donor).then((f) => {
      open(f);
      events.joined(pid);
    });
  }

  async #copyFrom(donor: number): Promise<unknown> {
    try {
      return (await this.#call(donor, functionOfJob, [this.#key])) ?? this.#f;
    } catch {
      return this.#f;
    }
  }

  #call(pid: number, f: MapFunction, args: unknown[], hasContext = false): Promise<unknown> {
    if (pid !== self.pid) {
      const { id, answer } = startCall(pid, f, args, hasContext);
      this.#remember(pid, id);
      return answer;
    }
    if (!hasContext) return callUntil(this.#signal, pid, () => f(...(args as never[])), []);
    return callUntil(
      this.#signal,
      pid,
      () => runInContext({ signal: this.#signal }, () => f(...(args as never[]))),
      [],
    );
  }

  #remember(pid: number, id: number): void {
    const calls = this.#calls.get(pid);
    if (!calls) this.#calls.set(pid, [id]);
    else if (calls.push(id) > MOST_CALLS_KEPT) {
      this.#calls.set(
        pid,
        calls.filter((id) => isUnderWay(pid, id)),
      );
    }
  }

  #cancelAll(): void {
    for (const [pid, calls] of this.#calls) for (const id of calls) cancelCall(pid, id);
  }
}

const MOST_CALLS_KEPT = 32;

/** `distributed: false`: tasks of this process, as many as there would be workers. */
export class LocalCrew implements Crew {
  readonly isEmpty = false;
  readonly #f: MapFunction;
  readonly #options: JobOptions;
  readonly #signal: AbortSignal;
  readonly #tasks: number;
  readonly #key = `${self.pid}:${nextId()}`;

  constructor(tasks: number, f: MapFunction, options: JobOptions, signal: AbortSignal) {
    this.#tasks = tasks;
    this.#f = f;
    this.#options = options;
    this.#signal = signal;
  }

  start(events: CrewEvents): void {
    for (let slot = 1; slot <= this.#tasks; slot++) {
      openJob(`${this.#key}:${slot}`, this.#f, this.#options);
      events.joined(slot);
    }
  }

  pidOf(): number {
    return self.pid;
  }

  run(slot: number, batch: number, columns: Columns, count: number, budgetMs: number): Promise<Answer> {
    const work = () => runBatch(`${this.#key}:${slot}`, batch, columns, count, budgetMs);
    return callUntil(this.#signal, self.pid, () => runInContext({ signal: this.#signal }, work), []) as Promise<Answer>;
  }

  async part(slot: number, batch: number, place: number): Promise<Answer> {
    return partOfAnswer(`${this.#key}:${slot}`, batch, place);
  }

  close(): void {
    for (let slot = 1; slot <= this.#tasks; slot++) closeJob(`${this.#key}:${slot}`);
  }
}
