/** Entries from an input that is no terminal, with the interface of the line editor: lines are gathered until they are one. */
import { createInterface, type Interface } from "node:readline";
import type { Read } from "./line-editor.ts";

export class PlainInput {
  readonly #interface: Interface;
  readonly #lines: AsyncIterator<string>;
  readonly #isIncomplete: (text: string) => boolean;

  constructor(input: NodeJS.ReadableStream, isIncomplete: (text: string) => boolean) {
    this.#interface = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    this.#lines = this.#interface[Symbol.asyncIterator]();
    this.#isIncomplete = isIncomplete;
  }

  /** Leaves what is typed to others. */
  async away<R>(fn: () => Promise<R>): Promise<R> {
    this.#interface.pause();
    try {
      return await fn();
    } finally {
      this.#interface.resume();
    }
  }

  async read(): Promise<Read> {
    let text = "";
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return text.trim() === "" ? { kind: "end" } : { kind: "entry", text };
      text += text === "" ? value : `\n${value}`;
      if (!this.#isIncomplete(text)) return { kind: "entry", text };
    }
  }
}
