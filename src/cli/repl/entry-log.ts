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
}

interface CompiledEntry extends LoggedEntry {
  derived: Derived | undefined;
  lineCount: number;
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

  /** Gives an entry its lines; those of the code that runs may be more than were typed. */
  add(text: string, derived?: Derived): LoggedEntry {
    const lineCount = Math.max(countLines(text), derived ? countLines(derived.code) : 1);
    const entry = { text, line: this.#nextLine, derived, lineCount };
    this.#entries.push(entry);
    this.#nextLine += lineCount;
    return entry;
  }

  /** Leads all `prompt:line:column` of a stack back to what was typed. */
  mapStack(stack: string): string {
    return stack.replace(/\bprompt:(\d+):(\d+)/g, (whole, line: string, column: string) => {
      const place = this.typedPlace({ line: Number(line), column: Number(column) });
      return place ? `${PROMPT_FILE}:${place.line}:${place.column}` : whole;
    });
  }

  /** Where in the typed text a place of the code that ran came from. */
  typedPlace(ran: Place): Place | undefined {
    const entry = this.#entryAt(ran.line);
    if (!entry) return undefined;
    if (!entry.derived) return ran;
    const offset = offsetAt(entry.derived.code, ran.line - entry.line, ran.column - 1);
    return this.placeOf(entry, entry.derived.origin(offset));
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

  #entryAt(line: number): CompiledEntry | undefined {
    return this.#entries.find((e) => line >= e.line && line < e.line + e.lineCount);
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
