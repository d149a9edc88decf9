/** Up and down through the history: among the entries that begin with what stood before the cursor when the walk began. */
import type { History } from "./history.ts";

export class HistoryWalk {
  readonly #history: History;
  /** Where the walk is; negative at the line that is being typed. */
  #index = -1;
  #prefix: string | undefined;

  constructor(history: History) {
    this.#history = history;
  }

  /** The entry before (-1) or after (1) `line`; after the last one comes what was typed. Undefined when there is none. */
  step(by: 1 | -1, line: string, cursor: number): string | undefined {
    const { entries } = this.#history;
    this.#prefix ??= line.slice(0, cursor);
    const from = this.#index < 0 ? entries.length : this.#index;
    const index =
      by < 0 ? this.#history.previous(from, this.#prefix, line) : this.#history.next(from, this.#prefix, line);
    if (by < 0 && index < 0) return undefined;
    this.#index = index;
    return index < 0 ? this.#prefix : entries[index];
  }

  /** Another key was pressed: the next step goes on from the same place, with another beginning. */
  pause(): void {
    this.#prefix = undefined;
  }

  /** The next walk begins at the end. */
  end(): void {
    this.#index = -1;
    this.#prefix = undefined;
  }
}
