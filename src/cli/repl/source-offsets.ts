/** Leads offsets through a source map, for code that a compiler printed anew. Loaded when an error must be placed. */
import { originalPositionFor, type TraceMap } from "@jridgewell/trace-mapping";

/** The offset in `source` that an offset of `code` came from. */
export function originalOffset(map: TraceMap, code: string, source: string, offset: number): number {
  const before = code.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  const column = offset - lineStart;
  const found = originalPositionFor(map, { line, column });
  if (found.line === null) return 0;
  const start = offsetOf(source, found.line, found.column);
  // Maps mark only some tokens. Where the text goes on alike, so does the position.
  for (let back = 1; back <= column; back++) {
    const earlier = originalPositionFor(map, { line, column: column - back });
    if (earlier.line === found.line && earlier.column === found.column) continue;
    const run = code.slice(offset - back + 1, offset);
    return source.startsWith(run, start) ? start + run.length : start;
  }
  return start;
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let i = 1; i < line; i++) start = text.indexOf("\n", start) + 1;
  return start + column;
}
