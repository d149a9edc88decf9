/** The search that Ctrl-R opens: what is looked for, and the entry found so far. Knows keys, but neither screen nor editor. */
import type { Key } from "./edit-server.ts";
import type { History } from "./history.ts";

/** A text with the cursor in it. */
export interface Line {
  text: string;
  cursor: number;
}

export class HistorySearch {
  readonly #history: History;
  readonly #before: Line;
  #part = "";
  #index: number;
  /** What the line shows now. */
  line: Line;

  /** `before` comes back when the search is given up. */
  constructor(history: History, before: Line) {
    this.#history = history;
    this.#before = before;
    this.#index = history.entries.length;
    this.line = before;
  }

  get prompt(): string {
    return `search "${this.#part}": `;
  }

  /** What a key does to the search: it goes on, is given up, or ends with what was found, and the key is for the editor. */
  press(text: string | undefined, key: Key): "on" | "over" | "taken" {
    if (key.ctrl && key.name === "r") this.#find(this.#part, this.#index);
    else if (key.name === "backspace") this.#find(this.#part.slice(0, -1), Number.POSITIVE_INFINITY);
    else if (key.ctrl && (key.name === "c" || key.name === "g")) {
      this.line = this.#before;
      return "over";
    } else if (text && !key.ctrl && !key.meta && text >= " " && text !== "\u007f") {
      this.#find(this.#part + text, this.#index + 1);
    } else return key.name === "escape" ? "over" : "taken";
    return "on";
  }

  #find(part: string, from: number): void {
    this.#part = part;
    const index = this.#history.search(from, part);
    const entry = this.#history.entries[index];
    if (entry === undefined || part === "") return;
    this.#index = index;
    this.line = { text: entry, cursor: entry.indexOf(part) + part.length };
  }
}
