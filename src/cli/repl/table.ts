/** Tables of text for the terminal: a header, columns as wide as they need, numbers to the right. Pure. */
import { fitText, padText, textWidth } from "./text-width.ts";

export interface Column {
  title: string;
  side?: "left" | "right";
}

export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const widths = columns.map((column, i) =>
    Math.max(textWidth(column.title), ...rows.map((row) => textWidth(row[i] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    fitText(
      columns
        .map(({ side }, i) => padText(cells[i] ?? "", widths[i] as number, side === "right" ? "left" : "right"))
        .join("  ")
        .trimEnd(),
      width,
    );
  return [line(columns.map((c) => c.title)), ...rows.map(line)].join("\n");
}

/** 1536 is "1.5 KiB". */
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return "";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : Number(amount.toFixed(1))} ${units[unit]}`;
}
