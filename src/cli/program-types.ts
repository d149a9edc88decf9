/** TypeScript in programs that are in no file, and the places of what is wrong in them. Loaded when there is any. */
import { TraceMap } from "@jridgewell/trace-mapping";
import { transformSource } from "../runtime/closures/transform.ts";
import { codeFrame } from "./code-frame.ts";
import { addProgram, offsetAt } from "./program-places.ts";
import { type Derived, MacroError, positionAt } from "./repl/macros.ts";
import { originalOffset } from "./repl/source-offsets.ts";

/** Turns a program into JavaScript and remembers where its places came from. */
export function compileProgram(source: Derived, name: string, text: string): string {
  const { code, map } = transformSource(source.code, name, { as: "script" });
  let trace: TraceMap | undefined;
  addProgram(name, text, {
    code,
    origin(offset) {
      trace ??= new TraceMap(JSON.stringify(map));
      return source.origin(originalOffset(trace, code, source.code, offset));
    },
  });
  return code;
}

/** What is wrong with the text of a program, in its own lines; undefined when `error` is about something else. */
export function syntaxErrorIn(error: unknown, name: string, text: string, derived: Derived): SyntaxError | undefined {
  if (error instanceof MacroError) return placed(error.message, error.offset);
  if (!(error instanceof SyntaxError)) return undefined;
  const said = new RegExp(`${name.replace(/[[\]]/g, "\\$&")}:(\\d+):(\\d+): (.*)`).exec(error.message);
  if (!said) return undefined;
  const [, line, column, message = ""] = said;
  return placed(message, derived.origin(offsetAt(derived.code, Number(line), Number(column))));

  function placed(message: string, offset: number): SyntaxError {
    const { line, column } = positionAt(text, offset);
    const whole = `${name}:${line}:${column}: ${message}\n\n${codeFrame(text, line, column)}`;
    return Object.assign(new SyntaxError(whole), { line, column });
  }
}
