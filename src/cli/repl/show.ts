/**
 * How values look at the prompt: cut to the screen, with what stands at the corners of matrices and at the ends of long lists,
 * and told where they live when they live elsewhere. Pure, except that pieces of a distributed array are asked for.
 */
import { inspect, stripVTControlCharacters } from "node:util";

export interface ShowOptions {
  columns: number;
  rows: number;
  colours: boolean;
  signal: AbortSignal;
}

/** Elements of a list shown at each end when it is longer than both together. */
const LIST_ENDS = 40;
/** Lines kept free for the entry and the next prompt. */
const OTHER_LINES = 4;

export async function show(value: unknown, options: ShowOptions): Promise<string> {
  const array = await arrayText(value, options);
  const text = array ?? inspect(shorten(value), inspectOptions(options));
  return fitLines(text.split("\n"), options).join("\n");
}

/** Arrays with a shape, by their own way to be shown, as large as the screen allows. */
async function arrayText(value: unknown, { columns, rows }: ShowOptions): Promise<string | undefined> {
  if (typeof value !== "object" || value === null || !("storage" in value)) return undefined;
  const [{ blockOf, isNDArray }, { showArray }] = await Promise.all([
    import("../../arrays/ndarray.ts"),
    import("../../arrays/show.ts"),
  ]);
  if (!isNDArray(value)) return undefined;
  return showArray(blockOf(value), { rows: Math.max(4, rows - OTHER_LINES - 2), width: columns });
}

function inspectOptions({ columns, colours }: ShowOptions) {
  return {
    colors: colours,
    breakLength: Math.min(columns, 120),
    maxArrayLength: 2 * LIST_ENDS + 2,
    maxStringLength: 10_000,
  };
}

/** A long list by its two ends, with the number of what is left out between them. */
function shorten(value: unknown): unknown {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  if (!isList) return value;
  const list = value as ArrayLike<unknown> & { slice(from: number, to?: number): ArrayLike<unknown> };
  if (list.length <= 2 * LIST_ENDS) return value;
  const left = list.length - 2 * LIST_ENDS;
  const marker = { [inspect.custom]: () => `… ${left.toLocaleString("en")} more …` };
  const ends = [...Array.from(list.slice(0, LIST_ENDS)), marker, ...Array.from(list.slice(-LIST_ENDS))];
  const name = list.constructor?.name ?? "Array";
  return {
    [inspect.custom]: (_: number, o: object, show: typeof inspect) => `${name}(${list.length}) ${show(ends, o)}`,
  };
}

/** Lines that the screen has no room for give way to one that tells how many they are. */
function fitLines(lines: string[], { rows }: ShowOptions): string[] {
  const room = Math.max(8, rows - OTHER_LINES);
  if (lines.length <= room) return lines;
  const tail = Math.min(3, Math.floor(room / 4));
  const head = room - tail - 1;
  const missing = lines.length - head - tail;
  const indent = /^\s*/.exec(stripVTControlCharacters(lines[head] ?? ""))?.[0] ?? "";
  return [
    ...lines.slice(0, head),
    `${indent}⋮ ${missing} more lines, console.log(ans) shows all`,
    ...lines.slice(-tail),
  ];
}
