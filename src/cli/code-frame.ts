/** A line of source with a caret under the place. Pure. */

/**
 * The line and the caret, indented:
 *
 *       3 | const x = ;
 *         |           ^
 */
export function codeFrame(source: string, line: number, column: number): string {
  const text = (source.split(/\r\n|[\n\r\u2028\u2029]/)[line - 1] ?? "").trimEnd();
  const number = String(line);
  const { shown, shift } = cut(text, column);
  const caret = shown.slice(0, column - 1 - shift).replace(/[^\t]/g, " ");
  return `  ${number} | ${shown}\n  ${" ".repeat(number.length)} | ${caret}^`;
}

const WIDEST = 160;

/** A very long line is cut to what surrounds the place. */
function cut(text: string, column: number): { shown: string; shift: number } {
  if (text.length <= WIDEST) return { shown: text, shift: 0 };
  const shift = Math.max(0, Math.min(column - WIDEST / 2, text.length - WIDEST));
  return { shown: text.slice(shift, shift + WIDEST), shift };
}
