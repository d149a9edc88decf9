/**
 * Where the characters of an entry stand on the terminal: its lines behind the prompt, the rows they fill, the place of the
 * cursor. An entry that is taller than the screen shows the part around the cursor. Pure; screen.ts draws it.
 */
import { charWidth, textWidth } from "./text-width.ts";

export interface InputState {
  text: string;
  cursor: number;
}

export interface ViewOptions {
  /** Before the first line; may hold colours. Where there is none, there are no modes either. */
  prompt: string;
  columns: number;
  rows: number;
  /** Colours a text without changing its characters. */
  highlight(text: string): string;
}

export interface InputView {
  lines: string[];
  rows: number;
  cursorRow: number;
  cursorColumn: number;
}

/** What Julia calls modes: a first `?` asks for help, a first `;` runs a shell command; the prompt shows it instead. */
const MODES: Record<string, string> = { "?": "help> ", ";": "shell> " };
const ESCAPES = new RegExp(`${"\u001b"}\\[[0-9;]*m`, "g");

export function viewInput(state: InputState, options: ViewOptions): InputView {
  const mode = options.prompt === "" ? undefined : MODES[state.text[0] ?? ""];
  const hidden = mode && state.cursor > 0 ? 1 : 0;
  const prompt = hidden ? colourLike(options.prompt, mode as string) : options.prompt;
  const text = state.text.slice(hidden);
  const cursor = state.cursor - hidden;

  const promptWidth = textWidth(prompt.replace(ESCAPES, ""));
  const indent = " ".repeat(promptWidth);
  const plain = text.split("\n");
  const coloured = (hidden ? text : options.highlight(text)).split("\n");
  const { line: cursorLine, column } = lineAndColumn(text, cursor);

  const heights = plain.map((line) => place(visible(line), promptWidth, options.columns).height);
  const at = place(visible((plain[cursorLine] ?? "").slice(0, column)), promptWidth, options.columns);
  if (at.atEdge) heights[cursorLine] = Math.max(heights[cursorLine] as number, at.row + 1);

  const { first, last } = window(heights, cursorLine, options.rows);
  const lines = plain.slice(first, last).map((line, i) => {
    const shown = coloured.length === plain.length ? (coloured[first + i] as string) : line;
    const edge = at.atEdge && first + i === cursorLine && column === line.length ? " " : "";
    return `${first + i === 0 ? prompt : indent}${visible(shown)}${edge}`;
  });
  const above = sum(heights.slice(first, cursorLine));
  return { lines, rows: sum(heights.slice(first, last)), cursorRow: above + at.row, cursorColumn: at.column };
}

/** The line (from 0) and column of an offset. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number; start: number } {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length - 1, column: offset - start, start };
}

/** The same column one line up or down, as far as that line goes; undefined when there is no such line. */
export function offsetOnLine(text: string, offset: number, by: 1 | -1): number | undefined {
  const at = lineAndColumn(text, offset);
  const lines = text.split("\n");
  const target = lines[at.line + by];
  if (target === undefined) return undefined;
  const start = lines.slice(0, at.line + by).reduce((sum, line) => sum + line.length + 1, 0);
  return start + Math.min(at.column, target.length);
}

/** The cell after `text`, and how many rows the text fills. */
function place(text: string, startColumn: number, columns: number) {
  let row = 0;
  let column = startColumn;
  for (const char of text) {
    const width = charWidth(char);
    if (column + width > columns) {
      row++;
      column = 0;
    }
    column += width;
  }
  const atEdge = column >= columns;
  return { row: atEdge ? row + 1 : row, column: atEdge ? 0 : column, height: row + 1, atEdge };
}

/** The lines to show when not all fit: those around the cursor. */
function window(heights: number[], cursorLine: number, rows: number): { first: number; last: number } {
  if (sum(heights) <= rows) return { first: 0, last: heights.length };
  let first = cursorLine;
  let last = cursorLine + 1;
  let used = heights[cursorLine] as number;
  for (;;) {
    const below = heights[last];
    const above = heights[first - 1];
    if (below !== undefined && used + below <= rows && (last - cursorLine < 3 || above === undefined)) {
      used += below;
      last++;
    } else if (above !== undefined && used + above <= rows) {
      used += above;
      first--;
    } else if (below !== undefined && used + below <= rows) {
      used += below;
      last++;
    } else return { first, last };
  }
}

function visible(text: string): string {
  return text.replaceAll("\t", "  ");
}

function colourLike(prompt: string, text: string): string {
  return prompt.includes("\u001b") ? `\u001b[1;${text.startsWith("help") ? 33 : 31}m${text}\u001b[0m` : text;
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

/** The line with `text` typed at the cursor. A closing bracket on an indented, empty line goes back a step. */
export function withTyped(text: string, line: string, cursor: number): { line: string; cursor: number } {
  const { start } = lineAndColumn(line, cursor);
  const isOutdent = /^[)\]}]$/.test(text) && /^ {2,}$/.test(line.slice(start, cursor));
  const at = isOutdent ? cursor - 2 : cursor;
  return { line: line.slice(0, at) + text + line.slice(cursor), cursor: at + text.length };
}
