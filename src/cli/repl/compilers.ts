/** The compilers behind the prompt: macros to calls, TypeScript to JavaScript, with the places of their errors. */
import { TraceMap } from "@jridgewell/trace-mapping";
import { columnBefore, markThis as mark } from "../../runtime/closures/rewrite.ts";
import { transformSource } from "../../runtime/closures/transform.ts";
import { type Derived, EntryError } from "./entry.ts";
import { expandMacros as expand, MacroError } from "./macros.ts";
import { originalOffset } from "./source-offsets.ts";

export function expandMacros(text: string): Derived {
  try {
    return expand(text);
  } catch (error) {
    if (error instanceof MacroError) throw new EntryError(error.message, error.offset, error.incomplete);
    throw error;
  }
}

export function stripTypes(text: string): Derived {
  try {
    const { code, map } = transformSource(text, "prompt.ts", { as: "script" });
    let trace: TraceMap | undefined;
    return {
      code,
      origin: (offset) => {
        trace ??= new TraceMap(JSON.stringify(map));
        return originalOffset(trace, code, text, offset);
      },
    };
  } catch (error) {
    throw placed(error, text);
  }
}

/** Marks that let an arrow function's `this` be told when it is sent. */
export function markThis(code: string): Derived {
  const marked = mark(code);
  if (marked.insertions.length === 0) return { code, origin: (offset) => offset };
  return {
    code: marked.code,
    origin: (offset) => {
      const before = marked.code.slice(0, offset).split("\n");
      const line = before.length - 1;
      const start = code.split("\n", line).reduce((sum, l) => sum + l.length + 1, 0);
      return start + columnBefore(marked.insertions, line, before.at(-1)?.length ?? 0);
    },
  };
}

function placed(error: unknown, text: string): unknown {
  const { line, column, message } = error as { line?: number; column?: number; message: string };
  if (!(error instanceof SyntaxError) || line === undefined || column === undefined) return error;
  const start = text.split("\n", line - 1).reduce((sum, l) => sum + l.length + 1, 0);
  return new EntryError(/^prompt\.ts:\d+:\d+: (.*)/.exec(message)?.[1] ?? message, start + column - 1);
}
