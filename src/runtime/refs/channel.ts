/**
 * Channel: a queue of a fixed capacity between tasks of one process. `put` waits while it is full, `take` while it is empty. What a
 * RemoteChannel usually keeps on its owner.
 */
import { ChannelClosedError, UsageError } from "../../errors.ts";
import { contextSignal } from "./context.ts";
import { Fifo } from "./fifo.ts";
import { WaitLine } from "./wait-line.ts";

export interface WaitOptions {
  /** Gives up waiting: the promise rejects with InterruptError. */
  signal?: AbortSignal;
}

/**
 * A queue between tasks. Capacity 0 (the default) is a rendezvous: `put` waits until somebody takes. `Infinity` never makes `put` wait.
 *
 * @example
 * const jobs = new Channel<number>(2);
 * task(async () => {
 *   for (let i = 0; i < 5; i++) await jobs.put(i);
 *   jobs.close();
 * });
 * for await (const job of jobs) console.log(job); // 0 to 4
 */
export class Channel<T = unknown> implements AsyncIterable<T> {
  /** How many values it holds before `put` waits. */
  readonly capacity: number;
  readonly #values = new Fifo<T>();
  /** Tasks that wait to take, to look, and to put (with their values). Never are there takers while there are values. */
  readonly #takers = new WaitLine<T, boolean>();
  readonly #lookers = new WaitLine<T>();
  readonly #putters = new WaitLine<boolean, T>();
  #closed: { error: unknown } | undefined;

  constructor(capacity = 0) {
    if (!(capacity >= 0 && (Number.isInteger(capacity) || capacity === Infinity))) {
      throw new UsageError(`new Channel(${capacity}): the capacity is a whole number from 0 up, or Infinity`);
    }
    this.capacity = capacity;
  }

  /** How many values can be taken without waiting. */
  get length(): number {
    return this.#values.length + this.#putters.length;
  }

  /** Appends a value; waits while the channel is full. Gives the value. Rejects with ChannelClosedError when it is closed. */
  async put(value: T, options?: WaitOptions): Promise<T> {
    this.#refuseWhenClosed();
    this.#lookers.serveAll(value);
    const taker = this.#takers.serve(value);
    let goesFar = taker !== false && taker.item;
    if (!taker) {
      if (this.#values.length < this.capacity) this.#values.push(value);
      else goesFar = await this.#putters.join(value, contextSignal(options?.signal));
    }
    if (goesFar) await turnOfTheLoop();
    return value;
  }

  /** Takes the oldest value; waits for one. Rejects with ChannelClosedError when the channel is closed and drained. */
  take(options?: WaitOptions): Promise<T> {
    return this.#take(false, options);
  }

  /** For a process far away: whoever puts goes on only when the value has been packed, so that changing it then does no harm. @internal */
  takeToSend(options?: WaitOptions): Promise<T> {
    return this.#take(true, options);
  }

  async #take(goesFar: boolean, options?: WaitOptions): Promise<T> {
    if (this.#values.length > 0) {
      const value = this.#values.shift() as T;
      const waiting = this.#putters.serve(false);
      if (waiting) this.#values.push(waiting.item);
      return value;
    }
    const waiting = this.#putters.serve(goesFar);
    if (waiting) return waiting.item;
    this.#refuseWhenClosed();
    return this.#takers.join(goesFar, contextSignal(options?.signal));
  }

  /** The oldest value, which stays; waits for one. */
  async fetch(options?: WaitOptions): Promise<T> {
    if (this.#values.length > 0) return this.#values.peek() as T;
    if (this.#putters.length > 0) return this.#putters.firstItem as T;
    this.#refuseWhenClosed();
    return this.#lookers.join(undefined, contextSignal(options?.signal));
  }

  /** Waits until there is a value to take. */
  async wait(options?: WaitOptions): Promise<void> {
    await this.fetch(options);
  }

  /** Whether `take` would not wait. */
  isready(): boolean {
    return this.length > 0;
  }

  isempty(): boolean {
    return !this.isready();
  }

  isopen(): boolean {
    return this.#closed === undefined;
  }

  /** Ends it: `put` rejects from now on, `take` does once it is drained. With `error`, that is what they reject with. */
  close(error: unknown = new ChannelClosedError()): void {
    if (this.#closed) return;
    this.#closed = { error };
    this.#putters.dismiss(error);
    this.#takers.dismiss(error);
    this.#lookers.dismiss(error);
  }

  /** Takes value after value until the channel is closed and drained. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let value: T;
      try {
        value = await this.take();
      } catch (error) {
        if (error instanceof ChannelClosedError && this.#closed?.error === error) return;
        throw error;
      }
      yield value;
    }
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw this.#closed.error;
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
