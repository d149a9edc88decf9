/** The calls of workers that nobody calls, because nobody knows beforehand where they will run: in any order, until all have called. */
import type { Socket } from "node:net";
import type { CallerInfo } from "../runtime/cluster/member.ts";
import { secondsFor } from "./stage.ts";

/** Workers as they call, until all have, or time is up, or no more can come. */
export class WorkerCalls {
  reason = "";
  readonly #expected: number;
  readonly #waiting: { stream: Socket; who: CallerInfo }[] = [];
  readonly #seen = new Set<number>();
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(expected: number) {
    this.#expected = expected;
  }

  get missing(): number[] {
    return Array.from({ length: this.#expected }, (_, task) => task).filter((task) => !this.#seen.has(task));
  }

  arrived(stream: Socket, who: CallerInfo): void {
    if (this.#isClosed || this.#seen.has(who.task)) return void stream.destroy();
    this.#seen.add(who.task);
    this.#waiting.push({ stream, who });
    this.#wake();
  }

  noMore(reason: string): void {
    this.reason = reason;
    this.#isClosed = true;
    this.#wake();
  }

  async *each(signal?: AbortSignal): AsyncGenerator<{ stream: Socket; who: CallerInfo }> {
    const late = setTimeout(() => this.noMore(""), secondsFor("announce") * 1000);
    const stop = () => this.#wake();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) yield next;
        if (this.#isClosed || this.#seen.size === this.#expected) return;
        signal?.throwIfAborted();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(late);
      signal?.removeEventListener("abort", stop);
      this.#isClosed = true;
    }
  }
}
