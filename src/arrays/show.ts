/**
 * Arrays as text: a header, `2×2 float64 array`, and the elements in columns; of a large one the corners. Pure.
 *
 *     3×4 int32 array:
 *      1  2  3  4
 *      ⋮
 */
import { type Block, readAt } from "./block.ts";
import { type ElementType, isComplexLike } from "./dtype.ts";
import { product } from "./partition.ts";
import { selectAll, shapeText } from "./selection.ts";

export interface ShowOptions {
  /** What the thing is called in the header. Default: "array". */
  kind?: string;
  /** Rows and characters that may be used. Defaults: 24 and 80. */
  rows?: number;
  width?: number;
}

/** The header alone: `1000×1000 float64 DArray`. */
export function header(dims: readonly number[], dtype: ElementType, kind = "array"): string {
  return `${shapeText(dims)} ${dtype} ${kind}`;
}

/** Header and elements. */
export function showArray(block: Block, { kind = "array", rows = 24, width = 80 }: ShowOptions = {}): string {
  const title = header(block.shape, block.dtype, kind);
  if (block.size === 0) return title;
  const { shape } = block;
  if (shape.length <= 2) return `${title}:\n${showTable(block, rows, width)}`;
  return `${title}:${showSlices(block, rows, width)}`;
}

/** Arrays of three dimensions and more: one table for each place of the leading ones, some in the middle left out. */
function showSlices(block: Block, rows: number, width: number): string {
  const leading = block.shape.slice(0, -2);
  const count = product(leading);
  const shown = ends(count, 6);
  return shown
    .map((n) => {
      if (n === undefined) return "\n\n ⋮";
      const place = placeOf(n, leading);
      const selection = selectAll(block.shape).map((s, d) =>
        d < place.length ? { start: place[d] as number, step: 1, count: 1, drop: true } : s,
      );
      return `\n\n[${[...place, ":", ":"].join(", ")}] =\n${showTable(block.slice(selection), Math.max(4, Math.floor(rows / 3)), width)}`;
    })
    .join("");
}

function placeOf(n: number, dims: readonly number[]): number[] {
  const place = new Array<number>(dims.length);
  for (let d = dims.length - 1; d >= 0; d--) {
    const size = dims[d] as number;
    place[d] = n % size;
    n = Math.floor(n / size);
  }
  return place;
}

/** A vector is one row; a matrix has its rows. */
function showTable(block: Block, rows: number, width: number): string {
  const [height, columns] = block.shape.length === 2 ? (block.shape as [number, number]) : [1, block.size];
  const [down, across] = block.shape.length === 2 ? (block.strides as [number, number]) : [0, block.strides[0] ?? 0];
  return table(cornersOf(height, columns, rows, width), width, (i, j) =>
    elementText(readAt(block, block.offset + i * down + j * across), block.dtype),
  );
}

/** The rows and columns of a table that are shown; undefined stands for those left out. */
export interface Corners {
  rows: (number | undefined)[];
  columns: (number | undefined)[];
}

export function cornersOf(height: number, columns: number, rows: number, width: number): Corners {
  return { rows: ends(height, rows), columns: ends(columns, Math.max(2, Math.floor(width / 3))) };
}

/** Text in columns, as many of the chosen ones as fit. */
export function table(corners: Corners, width: number, text: (i: number, j: number) => string): string {
  const { rows: shownRows, columns: shownColumns } = corners;
  const cells = shownColumns.map((j) => {
    if (j === undefined) return shownRows.map((i) => (i === undefined ? "⋱" : "…"));
    return alignColumn(shownRows.map((i) => (i === undefined ? "⋮" : text(i, j))));
  });
  const kept = fitColumns(cells, width);
  return shownRows.map((_, r) => ` ${kept.map((column) => column[r]).join("  ")}`.trimEnd()).join("\n");
}

/** 0 … n-1, the middle left out (undefined) when there are more than `most`. */
function ends(n: number, most: number): (number | undefined)[] {
  if (n <= most) return Array.from({ length: n }, (_, i) => i);
  const half = Math.max(1, Math.floor((most - 1) / 2));
  const head = Array.from({ length: half }, (_, i) => i);
  return [...head, undefined, ...head.map((i) => n - half + i)];
}

/** Pads to one width; numbers are aligned at the point. */
function alignColumn(texts: string[]): string[] {
  const point = (text: string) => (/^-?\d+\.\d*(e|$)/.test(text) ? text.indexOf(".") : text.length);
  const before = Math.max(...texts.map(point));
  const padded = texts.map((text) => " ".repeat(before - point(text)) + text);
  const widest = Math.max(...padded.map((text) => text.length));
  return padded.map((text) => text.padEnd(widest));
}

/** Leaves out columns in the middle until the rest fits. */
function fitColumns(columns: string[][], width: number): string[][] {
  const widthOf = (column: string[]) => (column[0]?.length ?? 0) + 2;
  if (columns.reduce((sum, c) => sum + widthOf(c), 0) <= width) return columns;
  const dots = (columns[0] as string[]).map((text) => (text.trim() === "⋮" ? "⋱" : "…"));
  const real = columns.filter((column) => !column.every((text) => text === "…" || text === "⋱"));
  const left: string[][] = [];
  const right: string[][] = [];
  let used = 3;
  for (let a = 0, b = real.length - 1; a <= b; ) {
    const fromLeft = left.length <= right.length;
    const column = real[fromLeft ? a++ : b--] as string[];
    used += widthOf(column);
    if (used > width && left.length > 0 && right.length > 0) break;
    if (fromLeft) left.push(column);
    else right.unshift(column);
  }
  return [...left, dots, ...right];
}

/** One element, floats with six significant digits as far as they need them. */
export function elementText(value: unknown, dtype: ElementType): string {
  if (typeof value === "number") return dtype.startsWith("float") ? floatText(value) : String(value);
  if (isComplexLike(value)) {
    const sign = value.im < 0 || Object.is(value.im, -0) ? "-" : "+";
    return `${floatText(value.re)}${sign}${floatText(Math.abs(value.im))}im`;
  }
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((v) => elementText(v, dtype)).join(", ")}]`;
  return String(value);
}

function floatText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return `${Object.is(value, -0) ? "-0" : value}.0`;
  if (!Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(6)));
}
