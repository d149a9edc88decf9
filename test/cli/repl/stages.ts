/** The compilers that planning needs, for tests of the pure parts: TypeScript by oxc, no macros. */
import { TraceMap } from "@jridgewell/trace-mapping";
import { transformSync } from "oxc-transform";
import { type EntryContext, EntryError } from "../../../src/cli/repl/entry.ts";
import { originalOffset } from "../../../src/cli/repl/source-offsets.ts";

export const plainContext: EntryContext = {
  expandMacros: (text) => ({ code: text, origin: (offset) => offset }),
  markThis: (code) => ({ code, origin: (offset) => offset }),
  isConst: () => false,
  stripTypes(text) {
    const result = transformSync("prompt.ts", text, {
      sourcemap: true,
      sourceType: "module",
      typescript: { onlyRemoveTypeImports: true },
    });
    const error = result.errors[0];
    if (error) throw new EntryError(error.message, error.labels[0]?.start ?? 0);
    return {
      code: result.code,
      origin: (offset) => originalOffset(new TraceMap(JSON.stringify(result.map)), result.code, text, offset),
    };
  },
};
