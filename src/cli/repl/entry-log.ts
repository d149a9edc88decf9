/**
 * The lines typed so far, numbered as one growing file called "prompt": `prompt:3:7` is the third line of the session. Leads
 * positions in the code that ran back to what was typed.
 */
import type { Derived } from "./entry.ts";

/** The name of that file in stacks and error messages. */
export const PROMPT_FILE = "prompt";

export interface LoggedEntry {
  text: string;
  /** The number of its first line. */
  line: number;
  /** What V8 calls its script: `prompt/3` for the entry that begins in line 3. */
  script: string;
}

interface CompiledEntry extends LoggedEntry {
  derived: Derived | undefined;
}

export interface Place {
  line: number;
  column: number;
}

export class EntryLog {
  readonly #entries: CompiledEntry[] = [];
  #nextLine = 1;

  /** The texts of all entries, in order. */
  get texts(): string[] {
    return this.#entries.map((entry) => entry.text);
  }

  add(text: string, derived?: Derived): LoggedEntry {
    const entry = { text, line: this.#nextLine, script: `${PROMPT_FILE}/${this.#nextLine}`, derived };
    this.#entries.push(entry);
    this.#nextLine += countLines(text);
    return entry;
  }

  /**
   * Leads all places in scripts of entries back to what was typed: `prompt/3:1:20` to `prompt:3:7`. Where an entry that waits was
   * called is no place of the user's.
   */
  mapStack(stack: string): string {
    const lines = stack.split("\n").filter((line) => !this.#isCallOfEntry(line));
    return lines
      .join("\n")
      .replace(/\bprompt\/(\d+):(\d+):(\d+)/g, (whole, first: string, line: string, column: string) => {
        const entry = this.#entries.find((e) => e.line === Number(first));
        if (!entry?.derived) return whole;
        const offset = offsetAt(entry.derived.code, Number(line) - 1, Number(column) - 1);
        const place = this.placeOf(entry, entry.derived.origin(offset));
        return `${PROMPT_FILE}:${place.line}:${place.column}`;
      });
  }

  /** An entry that waits is a function that is called with the last two characters of its script. */
  #isCallOfEntry(frame: string): boolean {
    const [, first, line, column] = /^\s+at prompt\/(\d+):(\d+):(\d+)$/.exec(frame) ?? [];
    const code = this.#entries.find((e) => e.line === Number(first))?.derived?.code;
    return code !== undefined && offsetAt(code, Number(line) - 1, Number(column) - 1) === code.length - 2;
  }

  /** The session's line and column of an offset in an entry. */
  placeOf(entry: LoggedEntry, offset: number): Place {
    const before = entry.text.slice(0, offset);
    const newline = before.lastIndexOf("\n");
    return { line: entry.line + countLines(before) - 1, column: offset - newline };
  }

  /** All that was typed, each entry at its lines. */
  text(): string {
    let text = "";
    let line = 1;
    for (const entry of this.#entries) {
      text += "\n".repeat(entry.line - line) + entry.text;
      line = entry.line + countLines(entry.text) - 1;
    }
    return text;
  }
}

function countLines(text: string): number {
  let count = 1;
  for (const char of text) if (char === "\n") count++;
  return count;
}

function offsetAt(text: string, lineIndex: number, columnIndex: number): number {
  let start = 0;
  for (let i = 0; i < lineIndex; i++) {
    const newline = text.indexOf("\n", start);
    if (newline < 0) return text.length;
    start = newline + 1;
  }
  return Math.min(start + columnIndex, text.length);
}
