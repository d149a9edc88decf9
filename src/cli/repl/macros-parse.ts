/** Reads one macro from tokens: its parts, and where it ends. */
import { MacroError } from "./macros-error.ts";
import { type Loop, readLoop } from "./macros-loop.ts";
import { isMacroName, type MacroName, type Place } from "./macros-places.ts";
import {
  expected,
  isName,
  isPunctuator,
  skipAssignment,
  skipBrackets,
  skipExpression,
  startsOperand,
  type Text,
  tokenAt,
} from "./macros-skim.ts";
import { readStatement, type Statement } from "./macros-statement.ts";

/** Token indexes, the end exclusive. */
export type Range = readonly [start: number, end: number];

/** What a macro is applied to. */
export type Argument = { kind: "expression"; range: Range } | { kind: "statement"; statement: Statement };

export interface Macro {
  name: MacroName;
  /** Index of the `@name`. */
  at: number;
  /** Index after its last token. */
  end: number;
  /** Whether it stands as a statement of its own. */
  isStatement: boolean;
  /** The process of @spawnat and @fetchfrom, the processes of @everywhere. */
  where?: Range;
  /** Of @parallel: an operator by name, or an expression in parentheses. */
  reducer?: { operator: string; range: Range } | { range: Range };
  /** Of @parallel: the head of its loop. */
  loop?: Loop;
  argument: Argument;
}

const OPERATORS = new Set(["+", "*", "max", "min", "vcat", "&&", "||"]);

export function readMacro(text: Text, at: number, place: Place): Macro {
  const name = tokenAt(text, at).text;
  if (!isMacroName(name)) throw new TypeError(`@${name} is no macro`);
  const isStatement = place.beginsStatement && !text.arguments.has(at);
  const base = { name, at, isStatement };
  if (isName(tokenAt(text, at + 1), "begin") && tokenAt(text, at + 2).newline) {
    expected(text, at + 1, `a block in braces, @${name} { … }`);
  }
  switch (name) {
    case "everywhere":
      return readEverywhere(text, base);
    case "sync":
      return ended({ ...base, argument: readStatementArgument(text, at + 1, base, "a statement: @sync { … }") });
    case "parallel":
      return readParallel(text, base);
    case "spawnat":
    case "fetchfrom": {
      const where = readWhere(text, at);
      const example = `an expression after the process, as in: @${name} 2 f(x)`;
      return ended({ ...base, where, argument: readArgument(text, where[1], base, example) });
    }
    default:
      return ended({ ...base, argument: readArgument(text, at + 1, base, `an expression, as in: @${name} f(x)`) });
  }
}

function ended(macro: Omit<Macro, "end">): Macro {
  const { argument } = macro;
  return { ...macro, end: argument.kind === "expression" ? argument.range[1] : argument.statement.end };
}

type Base = Pick<Macro, "name" | "at" | "isStatement">;

/** The process of @spawnat: the tokens up to the first blank outside of brackets. */
function readWhere(text: Text, at: number): Range {
  const { text: name } = tokenAt(text, at);
  const what = `a process and an expression, as in: @${name} 2 f(x)`;
  if (!startsOperand(tokenAt(text, at + 1))) expected(text, at + 1, what);
  let end = at + 1;
  do {
    const token = tokenAt(text, end);
    if (token.kind === "end" || token.kind === "bad" || isPunctuator(token, ",", ";", ")", "]", "}", "=>")) {
      expected(text, end, what);
    }
    end = token.match >= 0 && token.kind !== "templateMiddle" ? skipBrackets(text, end) : end + 1;
  } while (tokenAt(text, end).start === tokenAt(text, end - 1).end && tokenAt(text, end).kind !== "end");
  return [at + 1, end];
}

/** The argument of a macro that takes an expression: also a block, or a statement such as a loop. */
function readArgument(text: Text, i: number, base: Base, what: string): Argument {
  const token = tokenAt(text, i);
  if (!startsOperand(token)) expected(text, i, what);
  if (isPunctuator(token, "{") && !looksLikeObject(text, i))
    return { kind: "statement", statement: readStatement(text, i) };
  if (token.kind === "name") {
    const statement = isName(token, ...STATEMENTS) ? readStatement(text, i) : undefined;
    if (statement?.kind === "variables") {
      throw new MacroError(
        `a declaration has no value to work on; put the macro behind the "=": const x = @${base.name} …`,
        text.source,
        token.start,
      );
    }
    if (statement) return { kind: "statement", statement };
  }
  return readExpression(text, i, what);
}

const STATEMENTS = ["for", "while", "do", "if", "try", "switch", "throw", "const", "let", "var"];

function readExpression(text: Text, i: number, what: string): Argument {
  text.arguments.add(i);
  return { kind: "expression", range: [i, skipAssignment(text, i, {}, what)] };
}

/** The argument of a macro that takes a statement; inside an expression it ends where an expression would. */
function readStatementArgument(text: Text, i: number, base: Base, what: string): Argument {
  const token = tokenAt(text, i);
  if (!startsOperand(token)) expected(text, i, what);
  const begins =
    isPunctuator(token, "{") || isName(token, ...STATEMENTS, "function", "class", "async", "import", "enum");
  if (!base.isStatement && !begins) return readExpression(text, i, what);
  const statement = readStatement(text, i);
  if (statement.kind === "expression") {
    text.arguments.add(i);
    return { kind: "expression", range: [i, statement.end] };
  }
  if (base.name === "sync" && statement.kind === "variables") return readArgument(text, i, base, what);
  return { kind: "statement", statement };
}

function readEverywhere(text: Text, base: Base): Macro {
  const first = base.at + 1;
  const what = "a statement, as in: @everywhere x = 1";
  const end = processesEnd(text, first);
  if (end < 0) return ended({ ...base, argument: readStatementArgument(text, first, base, what) });
  return ended({ ...base, where: [first, end], argument: readStatementArgument(text, end, base, what) });
}

/** The end of the processes in `@everywhere [2, 3] x = 1` or `@everywhere workers() x = 1`; -1 when there are none. */
function processesEnd(text: Text, i: number): number {
  const token = tokenAt(text, i);
  let end: number;
  if (isPunctuator(token, "[")) end = skipBrackets(text, i);
  else {
    if (token.kind !== "name" && token.kind !== "number") return -1;
    if (isName(token, ...STATEMENTS, "function", "class", "async", "import", "enum", "type", "interface", "await"))
      return -1;
    end = i + 1;
    while (
      isPunctuator(tokenAt(text, end), ".") ||
      (isPunctuator(tokenAt(text, end), "(", "[") && isTight(text, end))
    ) {
      end = isPunctuator(tokenAt(text, end), ".") ? end + 2 : skipBrackets(text, end);
    }
    if (tokenAt(text, end).newline) return -1;
  }
  const next = tokenAt(text, end);
  if (isTight(text, end)) return -1;
  if (next.kind === "name")
    return isName(next, "in", "instanceof", "of", "as", "satisfies", "else", "while") ? -1 : end;
  if (isPunctuator(next, "[", "(")) return next.newline || token.text !== "[" ? -1 : end;
  return next.kind === "at" || next.kind === "number" || next.kind === "string" || isPunctuator(next, "{", "!", "~")
    ? end
    : -1;
}

/** Whether token `i` follows the one before without a blank. */
function isTight(text: Text, i: number): boolean {
  return tokenAt(text, i).start === tokenAt(text, i - 1).end;
}

function readParallel(text: Text, base: Base): Macro {
  let i = base.at + 1;
  const what = "a loop, as in: @parallel (+) for (const i of range(10)) f(i)";
  let reducer: Macro["reducer"];
  const token = tokenAt(text, i);
  if (isPunctuator(token, "(")) {
    const end = skipBrackets(text, i);
    const range: Range = [i, end];
    const only = end === i + 3 ? tokenAt(text, i + 1).text : "";
    if (!OPERATORS.has(only)) {
      const reducers = `a reducer, one of ${[...OPERATORS].join(" ")} or a function`;
      const functionEnd = skipExpression(text, i + 1, {}, reducers);
      if (functionEnd !== end - 1) expected(text, functionEnd, `the ) after ${reducers}`);
    }
    reducer = OPERATORS.has(only) ? { operator: only, range } : { range };
    i = end;
  } else if (OPERATORS.has(token.text) && isName(tokenAt(text, i + 1), "for")) {
    expected(text, i, `the reducer in parentheses, (${token.text})`);
  }
  if (!isName(tokenAt(text, i), "for")) expected(text, i, what);
  const { loop, body } = readLoop(text, i);
  const argument = readBody(text, body, base);
  return ended({ ...base, ...(reducer && { reducer }), loop, argument });
}

function readBody(text: Text, i: number, base: Base): Argument {
  const token = tokenAt(text, i);
  const begins = isPunctuator(token, "{") || isName(token, ...STATEMENTS);
  if (isPunctuator(token, ";")) expected(text, i, "the body of the loop");
  if (!base.isStatement && !begins) return readExpression(text, i, "the body of the loop");
  const statement = readStatement(text, i);
  if (statement.kind !== "expression") return { kind: "statement", statement };
  text.arguments.add(i);
  return { kind: "expression", range: [i, statement.end] };
}

/** Whether the brace after a macro begins an object: `{a: 1}`, `{...x}`, `{a, b}`, `{f() {}}`; anything else is a block. */
export function looksLikeObject(text: Text, i: number): boolean {
  const first = tokenAt(text, i + 1);
  const second = tokenAt(text, i + 2);
  if (isPunctuator(first, "...")) return true;
  if (isPunctuator(first, "[")) return first.match >= 0 && isPunctuator(tokenAt(text, first.match + 1), ":", "(");
  if (first.kind === "name" || first.kind === "string" || first.kind === "number") {
    if (isPunctuator(second, ":")) return !isName(tokenAt(text, i + 3), "for", "while", "do");
    if (isPunctuator(second, ",")) return first.kind === "name" && tokenAt(text, i).match >= 0;
    if (isPunctuator(second, "(") && second.match >= 0 && first.kind === "name") {
      return (
        isPunctuator(tokenAt(text, second.match + 1), "{") &&
        !isName(first, "if", "for", "while", "switch", "with", "catch")
      );
    }
  }
  return false;
}
