/**
 * Condition: tasks of one process wait for something to happen; whoever makes it happen notifies them all. It has no memory: who
 * waits after `notify` waits for the next one.
 */
import { contextSignal } from "./context.ts";
import { WaitLine } from "./wait-line.ts";

/**
 * An event that tasks of one process wait for.
 *
 * @example
 * const arrived = new Condition<string>();
 * task(() => arrived.notify("here"));
 * console.log(await arrived.wait()); // here
 */
export class Condition<T = unknown> {
  readonly #line = new WaitLine<T>();

  /** Waits for the next `notify` and gives its value. Rejects with InterruptError when `signal` is aborted first. */
  wait(options?: { signal?: AbortSignal }): Promise<T> {
    return this.#line.join(undefined, contextSignal(options?.signal));
  }

  /** Wakes every task that waits now, with `value`. Gives how many there were. */
  notify(value?: T): number {
    return this.#line.serveAll(value as T);
  }
}
