/**
 * How values look at the prompt: cut to the screen, with what stands at the corners of matrices and at the ends of long lists,
 * and told where they live when they live elsewhere. Pure, except that pieces of a distributed array are asked for.
 */
import { type InspectOptions, inspect, stripVTControlCharacters } from "node:util";
import { processNames } from "../../errors.ts";

export interface ShowOptions {
  columns: number;
  rows: number;
  colours: boolean;
  signal: AbortSignal;
}

/** Elements of a list shown at each end when it is longer than both together; fewer where the screen has no room. */
const LIST_ENDS = 40;
/** Lines kept free for the entry and the next prompt. */
const OTHER_LINES = 4;

/** The corners of a distributed array are shown when they come within this time; its owners may be busy. */
const CORNERS_MS = 1000;

export async function show(value: unknown, options: ShowOptions): Promise<string> {
  const text = (await arrayText(value, options)) ?? withoutTraces(() => listText(value, options));
  return fitLines(text.split("\n"), options).join("\n");
}

/** Arrays with a shape, as large as the screen allows; told where they are. */
async function arrayText(value: unknown, { columns, rows, signal }: ShowOptions): Promise<string | undefined> {
  if (typeof value !== "object" || value === null) return undefined;
  const size = { rows: Math.max(4, rows - OTHER_LINES - 2), width: columns };
  if ("storage" in value) {
    const [{ blockOf, isNDArray }, { showArray }] = await Promise.all([
      import("../../arrays/ndarray.ts"),
      import("../../arrays/show.ts"),
    ]);
    return isNDArray(value) ? showArray(blockOf(value), size) : undefined;
  }
  switch (value.constructor?.name) {
    case "DArray":
      return distributedText(value, size, signal);
    case "SharedArray":
      return sharedText(value, size);
    default:
      return undefined;
  }
}

interface Size {
  rows: number;
  width: number;
}

async function sharedText(value: object, size: Size): Promise<string | undefined> {
  const [{ SharedArray }, { showArray }] = await Promise.all([
    import("../../arrays/shared-array.ts"),
    import("../../arrays/show.ts"),
  ]);
  if (!(value instanceof SharedArray)) return undefined;
  return showArray(value.toBlock(), { ...size, kind: `SharedArray on ${processNames(value.pids)}` });
}

async function distributedText(value: object, size: Size, signal: AbortSignal): Promise<string | undefined> {
  const [{ DArray }, { showDArray }] = await Promise.all([
    import("../../arrays/darray.ts"),
    import("../../arrays/show-distributed.ts"),
  ]);
  if (!(value instanceof DArray)) return undefined;
  const late = new Promise<undefined>((resolve) => void setTimeout(() => resolve(undefined), CORNERS_MS).unref());
  const left = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const corners = showDArray(value, size).catch(() => undefined);
  return (await Promise.race([corners, late, left])) ?? String(value);
}

/**
 * Up to Node 22 promises have fields of Node's own while the library follows who called whom; they would be shown. Their owner asks
 * for them by name, so that they may be hidden for good.
 */
function withoutTraces(text: () => string): string {
  const prototype = Promise.prototype as { [inspect.custom]?: unknown };
  const hide = function (this: object): object {
    for (const key of Object.getOwnPropertySymbols(this)) Object.defineProperty(this, key, { enumerable: false });
    return this; // and is shown as ever
  };
  Object.defineProperty(prototype, inspect.custom, { value: hide, configurable: true });
  try {
    return text();
  } finally {
    delete prototype[inspect.custom];
  }
}

function inspectOptions({ columns, colours }: ShowOptions): InspectOptions {
  return {
    colors: colours,
    breakLength: Math.min(columns, 120),
    maxArrayLength: 2 * LIST_ENDS + 2,
    maxStringLength: 10_000,
  };
}

/** A long list by its two ends, with the number of what is left out on a line between them. */
function listText(value: unknown, options: ShowOptions): string {
  const how = inspectOptions(options);
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  if (!isList) return inspect(value, how);
  const list = value as ArrayLike<unknown> & { slice(from: number, to?: number): ArrayLike<unknown> };
  if (list.length <= 2 * LIST_ENDS || inspect.custom in list) return inspect(value, how);
  let text = "";
  for (let ends = LIST_ENDS; ends >= 5; ends = Math.floor(ends / 2)) {
    const [head, tail] = [list.slice(0, ends), list.slice(-ends)].map((end) => linesOf(end, how));
    const left = (list.length - 2 * ends).toLocaleString("en");
    const name = list.constructor?.name ?? "Array";
    text = `${name}(${list.length}) [\n${head},\n  … ${left} more …\n${tail}\n]`;
    if (text.split("\n").length <= roomIn(options)) break;
  }
  return text;
}

/** The elements in columns, without what stands around them. */
function linesOf(list: ArrayLike<unknown>, how: InspectOptions): string {
  const text = inspect(Array.from(list), how);
  const lines = text.includes("\n") ? text.split("\n").slice(1, -1) : [`  ${text.slice(1, -1).trim()}`];
  return lines.join("\n");
}

/** Lines that the screen has no room for give way to one that tells how many they are. */
function fitLines(lines: string[], options: ShowOptions): string[] {
  const room = roomIn(options);
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

function roomIn({ rows }: ShowOptions): number {
  return Math.max(8, rows - OTHER_LINES);
}
