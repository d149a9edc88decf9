/** The results of a pmap as an async iterator, in input order or as they are ready. */
import { Fifo } from "../runtime/refs/fifo.ts";
import { WaitLine } from "../runtime/refs/wait-line.ts";
import type { PmapRun } from "./pmap-run.ts";

export class ResultStream {
  readonly #ready = new Fifo<unknown>();
  /** Results that came before their turn. */
  readonly #early: Map<number, unknown> | undefined;
  readonly #line = new WaitLine<void>();
  #next = 0;
  #isOver = false;
  #failed: { error: unknown } | undefined;

  constructor(order: "input" | "completion") {
    this.#early = order === "input" ? new Map() : undefined;
  }

  readonly deliver = (first: number, values: readonly unknown[]): void => {
    for (let place = 0; place < values.length; place++) {
      if (this.#early) this.#deliverInOrder(this.#early, first + place, values[place]);
      else this.#ready.push(values[place]);
    }
    if (this.#ready.length > 0) this.#line.serve();
  };

  #deliverInOrder(early: Map<number, unknown>, element: number, value: unknown): void {
    early.set(element, value);
    while (early.has(this.#next)) {
      this.#ready.push(early.get(this.#next));
      early.delete(this.#next++);
    }
  }

  /** The iterator. The run begins when the first result is asked for. */
  async *of(run: PmapRun): AsyncGenerator<unknown, void, undefined> {
    run.run().then(
      () => this.#end(undefined),
      (error) => this.#end({ error }),
    );
    try {
      for (;;) {
        while (this.#ready.length > 0) {
          const value = this.#ready.shift();
          run.consumed(1);
          yield value;
        }
        if (this.#failed) throw this.#failed.error;
        if (this.#isOver) return;
        await this.#line.join(undefined);
      }
    } finally {
      run.cancel();
    }
  }

  #end(failed: { error: unknown } | undefined): void {
    this.#failed = failed;
    this.#isOver = true;
    this.#line.serveAll();
  }
}
