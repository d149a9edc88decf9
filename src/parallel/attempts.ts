/** What becomes of an element that failed: a value in its place, another try, or the end of the map. */
import { InterruptError } from "../errors.ts";
import type { PmapOptions } from "./pmap-options.ts";

export type Verdict =
  | { is: "value"; value: unknown }
  | { is: "retry"; afterMs: number }
  | { is: "failed"; error: unknown };

export class Attempts {
  readonly #options: PmapOptions;
  /** Failures so far of the elements that have failed. */
  readonly #tries = new Map<number, number>();
  readonly #delays: number[] = [];
  readonly #moreDelays: Iterator<number>;

  constructor(options: PmapOptions) {
    this.#options = options;
    this.#moreDelays = (options.retryDelays ?? [])[Symbol.iterator]();
  }

  /** Whether nothing but the end of the map can follow a failure. */
  get isFinal(): boolean {
    return this.#options.onError === undefined && this.#options.retryDelays === undefined;
  }

  /** Julia's order: `onError` is asked first; only what it throws is retried. */
  async judge(element: number, error: unknown): Promise<Verdict> {
    const options = this.#options;
    if (error instanceof InterruptError) return { is: "failed", error };
    let last = error;
    if (options.onError) {
      try {
        return { is: "value", value: await options.onError(error as Error, element) };
      } catch (thrown) {
        last = thrown;
      }
    }
    const tries = (this.#tries.get(element) ?? 0) + 1;
    const delay = this.#delay(tries);
    if (delay === undefined) return { is: "failed", error: last };
    this.#tries.set(element, tries);
    try {
      const goesOn = options.retryCheck === undefined || (await options.retryCheck(last as Error, { element, tries }));
      if (!goesOn) return { is: "failed", error: last };
    } catch (thrown) {
      return { is: "failed", error: thrown };
    }
    return { is: "retry", afterMs: delay * 1000 };
  }

  /** An iterator of delays may be endless, and serves all elements. */
  #delay(tries: number): number | undefined {
    while (this.#delays.length < tries) {
      const { done, value } = this.#moreDelays.next();
      if (done) return undefined;
      this.#delays.push(Number(value));
    }
    return this.#delays[tries - 1];
  }
}
