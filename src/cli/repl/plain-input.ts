/** Entries from an input that is no terminal, with the interface of the line editor: lines are gathered until they are one. */
import { createInterface } from "node:readline";
import type { Read } from "./line-editor.ts";

export class PlainInput {
  readonly #lines: AsyncIterator<string>;
  readonly #isIncomplete: (text: string) => boolean;

  constructor(input: NodeJS.ReadableStream, isIncomplete: (text: string) => boolean) {
    this.#lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
    this.#isIncomplete = isIncomplete;
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
