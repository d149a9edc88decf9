/**
 * A question in place of the line that is being typed: whether a host key is right, a passphrase. It waits for a pause in typing, so
 * that what is meant for the line is not taken for the answer, has every key until it is answered, and leaves nothing behind: no history, no
 * killed text. Knows keys, but neither screen nor editor.
 */
import { setImmediate, setTimeout } from "node:timers/promises";
import { InterruptError } from "../../errors.ts";
import type { AskOptions } from "../../managers/asker.ts";
import type { Key } from "./edit-server.ts";

/** Who types does so more often than this. */
const PAUSE_MS = 500;
const LOOK_MS = 20;

/** What it needs of the editor. */
export interface Place {
  /** Whether the terminal and its line are free. */
  isFree(): boolean;
  /** The question is open, or another character of its answer is there. */
  draw(): void;
  /** It is over, and keys are for the line again. */
  close(): void;
}

interface Question {
  text: string;
  hidden: boolean;
  answer: string;
  /** Within a paste, which may end in a line end that is not meant. */
  inPaste: boolean;
  end(outcome: string | InterruptError | undefined): void;
}

export class Questions {
  readonly #place: Place;
  #open: Question | undefined;
  #lastKeyAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(place: Place) {
    this.#place = place;
  }

  /** What the terminal shows of the open question. */
  get shown(): string | undefined {
    return this.#open && `${this.#open.text}${this.#open.hidden ? "" : this.#open.answer}`;
  }

  /** One at a time. Undefined after Ctrl-D; rejects with an InterruptError after Ctrl-C. */
  async ask(text: string, { hidden = false, signal }: AskOptions = {}): Promise<string | undefined> {
    const isOver = () => this.#isClosed || signal?.aborted;
    do {
      await setTimeout(LOOK_MS);
      await setImmediate(); // what has been typed by now has been read
    } while (!isOver() && !(this.#place.isFree() && performance.now() - this.#lastKeyAt > PAUSE_MS));
    if (isOver()) return undefined;
    return new Promise((resolve, reject) => {
      const giveUp = () => this.#open?.end(undefined);
      const end = (outcome: string | InterruptError | undefined) => {
        this.#open = undefined;
        signal?.removeEventListener("abort", giveUp);
        this.#place.close();
        if (outcome instanceof InterruptError) reject(outcome);
        else resolve(outcome);
      };
      signal?.addEventListener("abort", giveUp);
      this.#open = { text, hidden, answer: "", inPaste: false, end };
      this.#place.draw();
    });
  }

  /** Takes a key when a question is open; else it is for the line. */
  take(text: string | undefined, key: Key): boolean {
    this.#lastKeyAt = performance.now();
    const question = this.#open;
    if (question) this.#press(question, text, key);
    return question !== undefined;
  }

  #press(question: Question, text: string | undefined, key: Key): void {
    const { answer } = question;
    if (key.name === "paste-start" || key.name === "paste-end") question.inPaste = key.name === "paste-start";
    else if (key.name === "return" || key.name === "enter") return question.inPaste ? undefined : question.end(answer);
    else if (key.ctrl && key.name === "c") return question.end(new InterruptError());
    else if (key.ctrl && key.name === "d") return answer === "" ? question.end(undefined) : undefined;
    else if (key.name === "backspace") question.answer = [...answer].slice(0, -1).join("");
    else if (key.ctrl && key.name === "u") question.answer = "";
    else if (text && !key.ctrl && !key.meta && !/\p{Cc}/u.test(text)) question.answer += text;
    this.#place.draw();
  }

  /** No question will be answered any more. */
  close(): void {
    this.#isClosed = true;
    this.#open?.end(undefined);
  }
}
