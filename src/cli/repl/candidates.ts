/** How the candidates of a completion are told: what they have in common, and the list in columns. Pure. */
import { fitText, padText, textWidth } from "./text-width.ts";

const SHOWN = 200;

export function commonPrefix(words: readonly string[]): string {
  let prefix = words[0] ?? "";
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}

export function inColumns(words: readonly string[], columns: number): string {
  const shown = words.slice(0, SHOWN).map((word) => fitText(word, columns - 2));
  const width = Math.max(...shown.map(textWidth)) + 2;
  const perRow = Math.max(1, Math.floor(columns / width));
  const rows: string[] = [];
  for (let i = 0; i < shown.length; i += perRow) {
    rows.push(
      shown
        .slice(i, i + perRow)
        .map((word) => padText(word, width))
        .join("")
        .trimEnd(),
    );
  }
  if (words.length > shown.length) rows.push(`… and ${words.length - shown.length} more`);
  return `${rows.join("\n")}\n`;
}
