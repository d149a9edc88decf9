/**
 * The box behind a reference: it holds one value or the error of the call that was to make it. Putting into a full one and
 * taking from an empty one wait. Lives on the owner; knows nothing of processes.
 */
import { InterruptError } from "../../errors.ts";

interface Waiter {
  takes: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Putter {
  value: unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class Slot {
  /** Handles of this slot by process. May be negative for a while: a release can overtake the news of the hold. */
  readonly holders = new Map<number, number>();
  #state: "empty" | "full" | "failed" | "freed" = "empty";
  #value: unknown;
  #waiters: Waiter[] = [];
  #putters: Putter[] = [];

  get isReady(): boolean {
    return this.#state === "full" || this.#state === "failed";
  }

  /** The value when there is one; for showing and measuring. */
  get peek(): unknown {
    return this.#state === "full" ? this.#value : undefined;
  }

  /** Waits for a value and leaves it. Rejects with what the call threw. */
  read(signal?: AbortSignal): Promise<unknown> {
    if (this.#state === "full") return Promise.resolve(this.#value);
    return this.#wait(false, signal);
  }

  /** Waits for a value and empties the slot. */
  take(signal?: AbortSignal): Promise<unknown> {
    if (this.#state === "full") {
      const value = this.#value;
      this.#empty();
      return Promise.resolve(value);
    }
    return this.#wait(true, signal);
  }

  /** Fills the slot, once it is empty. */
  put(value: unknown, signal?: AbortSignal): Promise<unknown> {
    if (this.#state === "empty") {
      this.#fill(value);
      return Promise.resolve();
    }
    if (this.#state !== "full") return Promise.reject(this.#reason());
    return queued(this.#putters, { value }, signal);
  }

  /** The call that was to fill the slot threw: all who wait, and all who come, get the error. */
  fail(error: unknown): void {
    if (this.#state === "freed") return;
    this.#end("failed", error);
  }

  /** Nobody holds the slot any more. `why` makes the error, for those who wait and those who come: seldom anybody does. */
  free(why: () => unknown): void {
    this.#end("freed", why);
  }

  #end(state: "failed" | "freed", reason: unknown): void {
    this.#state = state;
    this.#value = reason;
    const waiting = [...this.#waiters, ...this.#putters];
    this.#waiters = [];
    this.#putters = [];
    for (const waiter of waiting) waiter.reject(this.#reason());
  }

  #reason(): unknown {
    return this.#state === "freed" ? (this.#value as () => unknown)() : this.#value;
  }

  #wait(takes: boolean, signal?: AbortSignal): Promise<unknown> {
    if (this.#state === "failed" || this.#state === "freed") return Promise.reject(this.#reason());
    return queued(this.#waiters, { takes }, signal);
  }

  /** Hands the value to all readers up to and with the first taker; keeps it when nobody takes it. */
  #fill(value: unknown): void {
    const taker = this.#waiters.findIndex((waiter) => waiter.takes);
    const served = taker < 0 ? this.#waiters.splice(0) : this.#waiters.splice(0, taker + 1);
    this.#state = "full";
    this.#value = value;
    for (const waiter of served) waiter.resolve(value);
    if (taker >= 0) this.#empty();
  }

  #empty(): void {
    this.#state = "empty";
    this.#value = undefined;
    const putter = this.#putters.shift();
    if (!putter) return;
    this.#fill(putter.value);
    putter.resolve(undefined);
  }
}

interface Settler {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Joins a line; leaves it, and rejects, when the signal is aborted first. */
function queued<T extends object>(line: (T & Settler)[], entry: T, signal: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (!signal) {
      line.push({ ...entry, resolve, reject });
      return;
    }
    const stopped = () => {
      const at = line.indexOf(waiter);
      if (at >= 0) line.splice(at, 1);
      reject(new InterruptError(undefined, { cause: signal.reason }));
    };
    const done = () => signal.removeEventListener("abort", stopped);
    const waiter = {
      ...entry,
      resolve: (value: unknown) => (done(), resolve(value)),
      reject: (error: unknown) => (done(), reject(error)),
    };
    if (signal.aborted) return stopped();
    signal.addEventListener("abort", stopped, { once: true });
    line.push(waiter);
  });
}
