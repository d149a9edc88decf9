/**
 * The master's line to the control thread of a worker: a question is a line, its answer is the next line that comes. Questions and answers
 * are told in worker/control-thread.ts.
 */
import type { Duplex } from "node:stream";
import { sourceOf } from "../wire/source.ts";
import { soon } from "./life.ts";

export class ControlLine {
  readonly #stream: Duplex;
  #text = "";
  #waiting: ((answer: string | undefined) => void)[] = [];

  /** Takes over a stream whose handshake is done. */
  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("error", () => {});
    stream.once("close", () => {
      for (const answer of this.#waiting.splice(0)) answer(undefined);
    });
    sourceOf(stream).attach({ bytes: (chunk, start, end) => this.#take(chunk.toString("utf8", start, end)) });
  }

  /** Asks; undefined when no answer comes in time. */
  ask(question: string, timeoutMs: number): Promise<string | undefined> {
    if (this.#stream.destroyed) return Promise.resolve(undefined);
    const answer = new Promise<string | undefined>((resolve) => this.#waiting.push(resolve));
    this.#stream.write(`${question}\n`);
    return soon(answer, timeoutMs);
  }

  close(): void {
    this.#stream.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    const lines = this.#text.split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) this.#waiting.shift()?.(line);
  }
}
