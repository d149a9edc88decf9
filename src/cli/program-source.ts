/**
 * What becomes of the text of -e, -E and standard input before it runs: macros are calls, names that are assigned without a
 * declaration are variables, and the value of the last expression is kept when it is to be printed. Pure; run by program.ts.
 */
import { implicitNames } from "./implicit-names.ts";
import { type Derived, MacroError, openText } from "./repl/macros.ts";
import type { Expander } from "./repl/macros-expand.ts";
import { looksLikeObject } from "./repl/macros-parse.ts";
import { isPunctuator, type Text, tokenAt } from "./repl/macros-skim.ts";
import { readStatement, type Statement } from "./repl/macros-statement.ts";

export interface ProgramSource extends Derived {
  /**
   * "plain" has nothing to do with other processes or modules and is the body of an async function, which starts without a module loader;
   * "module" is the text of an ES module that exports its value as $value.
   */
  kind: "plain" | "module";
}

export interface ProgramOptions {
  /** Whether the value of the last expression is wanted. */
  wantsValue: boolean;
  /** Whether it may be run as a plain program at all: not when there are workers. */
  mayBePlain: boolean;
  /** The names that a plain program does not use: those of the library. */
  libraryNames: ReadonlySet<string>;
  /** Whether a name is a global already: it is assigned, and no variable is made of it. */
  isGlobal(name: string): boolean;
}

/** Throws a MacroError. */
export function prepareProgram(source: string, options: ProgramOptions): ProgramSource {
  const expander = openText(source);
  const { text, out } = expander;
  const kind = options.mayBePlain && isPlain(text, options.libraryNames) ? "plain" : "module";
  const statements = readAll(text);
  const variables = implicitNames(expander).filter((name) => !options.isGlobal(name));

  // The export also makes it an ES module, whatever the package.json here says.
  out.put(kind === "plain" ? '"use strict";(async () => { ' : "export let $value; ");
  if (variables.length > 0) out.put(`let ${variables.join(", ")}; `);
  const last = options.wantsValue ? lastStatement(statements) : undefined;
  writeProgram(expander, last, kind === "plain" ? "return (" : "$value = (");
  if (kind === "plain") {
    out.copyTo(source.length);
    out.put("\n})", source.length);
  }
  const { code, origin } = out.result();
  return { kind, code, origin };
}

/** Writes the program; the value of `last` goes where `open` puts it. */
function writeProgram(expander: Expander, last: Statement | undefined, open: string): void {
  const { text, out } = expander;
  const end = text.tokens.length - 1;
  const around = { body: -1, isAsync: true };
  expander.write([0, last?.start ?? end], around);
  if (!last) return;
  if (last.kind === "block" && looksLikeObject(text, last.start)) {
    // `-E '{ a: 1 }'` means the object, as at the prompt.
    out.copyTo(tokenAt(text, last.start).start);
    out.put(open);
    expander.write([last.start, last.end], around);
    out.put(")");
  } else expander.writeValue(last, around, open);
  expander.write([last.end, end], around);
}

/** The statements of the program; undefined when the text is not understood: the compiler tells what is wrong with it. */
function readAll(text: Text): Statement[] | undefined {
  const statements: Statement[] = [];
  try {
    for (let i = 0; tokenAt(text, i).kind !== "end"; ) {
      const statement = readStatement(text, i);
      statements.push(statement);
      i = Math.max(statement.next, i + 1);
    }
    return statements;
  } catch (error) {
    if (!(error instanceof MacroError) || text.tokens.some((_, i) => text.macros.isMacro(i))) throw error;
    return undefined;
  }
}

/** The last statement that can have a value. */
function lastStatement(statements: readonly Statement[] | undefined): Statement | undefined {
  return statements?.findLast(({ kind }) => kind !== "empty" && kind !== "types");
}

/** Words that only a module, or a program with a cluster, makes use of. */
const NOT_PLAIN = new Set(["import", "export", "eval", "Function", "globalThis"]);

/** Nothing in it can reach another process or load a module. */
function isPlain(text: Text, libraryNames: ReadonlySet<string>): boolean {
  return text.tokens.every((token, i) => {
    if (token.kind === "at" || token.kind === "bad") return false;
    if (token.kind !== "name" || isPunctuator(tokenAt(text, i - 1), ".", "?.")) return true;
    return !NOT_PLAIN.has(token.text) && !libraryNames.has(token.text);
  });
}
