/** The one error of the macro expander: what was expected, and the place in the user's text. */

/** A line and a column, both counted from 1; columns are UTF-16 units as everywhere in JavaScript. */
export interface Position {
  line: number;
  column: number;
}

/** A macro that cannot be understood. `line`, `column` and `offset` are in the text that was given. */
export class MacroError extends SyntaxError {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  /** True when the text ended where more was expected: a prompt may ask for another line. */
  readonly incomplete: boolean;
  constructor(message: string, source: string, offset: number, incomplete = false) {
    super(message);
    this.offset = offset;
    ({ line: this.line, column: this.column } = positionAt(source, offset));
    this.incomplete = incomplete;
  }
}
Object.defineProperty(MacroError.prototype, "name", { value: "SyntaxError", configurable: true, writable: true });

/** The line and column of an offset. */
export function positionAt(source: string, offset: number): Position {
  const before = source.slice(0, offset);
  const lines = before.split(LINE_END);
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
}

/** What ends a line in JavaScript. */
export const LINE_END: RegExp = /\r\n|[\n\r\u2028\u2029]/;
