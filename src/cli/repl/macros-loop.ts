/** Reads the head of the loop of @parallel: `for (const x of xs)` or `for (let i = a; i < b; i++)`. */
import { MacroError } from "./macros-error.ts";
import type { Range } from "./macros-parse.ts";
import { expected, isName, isPunctuator, skipAssignment, skipBrackets, type Text, tokenAt } from "./macros-skim.ts";
import { skipPattern } from "./macros-statement.ts";

export type Loop =
  | { kind: "of"; pattern: Range; over: Range }
  | {
      kind: "counting";
      /** Index of the variable's name. */
      name: number;
      from: Range;
      operator: "<" | "<=" | ">" | ">=";
      to: Range;
      /** 1 for i++ and i += step, -1 for i-- and i -= step. */
      sign: 1 | -1;
      step: Range | undefined;
    };

/** Reads the loop whose `for` is at `i`; `body` is the index of its body's first token. */
export function readLoop(text: Text, i: number): { loop: Loop; body: number } {
  if (isName(tokenAt(text, i + 1), "await")) {
    fail(
      text,
      i + 1,
      "@parallel cuts its range in pieces before it runs and cannot wait for the elements; collect them first",
    );
  }
  if (!isPunctuator(tokenAt(text, i + 1), "(")) expected(text, i + 1, 'the "(" of the loop');
  const body = skipBrackets(text, i + 1);
  const close = body - 1;
  let at = i + 2;
  const isDeclared = isName(tokenAt(text, at), "const", "let", "var");
  if (isDeclared) at++;
  const patternEnd = skipPattern(text, at);
  const next = tokenAt(text, patternEnd);
  if (isName(next, "of")) {
    const over: Range = [patternEnd + 1, skipAssignment(text, patternEnd + 1)];
    if (over[1] !== close) expected(text, over[1], 'the ")" of the loop');
    return { loop: { kind: "of", pattern: [at, patternEnd], over }, body };
  }
  if (isName(next, "in")) fail(text, patternEnd, 'loop over the keys with "of": for (const key of Object.keys(x))');
  return { loop: readCounting(text, at, close), body };
}

/** Reads `i = a; i < b; i++` from the name on. */
function readCounting(text: Text, name: number, close: number): Loop {
  const word = tokenAt(text, name);
  let at = name + 1;
  if (word.kind !== "name" || !isPunctuator(tokenAt(text, at), "=", ":")) {
    expected(text, at, 'a loop "for (const x of xs)" or "for (let i = a; i < b; i++)"');
  }
  while (!isPunctuator(tokenAt(text, at), "=")) {
    if (at >= close) expected(text, at, `the first value of ${word.text}`);
    at++; // a type
  }
  const from: Range = [at + 1, skipAssignment(text, at + 1)];
  if (isPunctuator(tokenAt(text, from[1]), ",")) fail(text, from[1], "the loop can count with one variable only");
  const condition = semicolon(text, from[1], close);
  const operator = tokenAt(text, condition + 1).text;
  if (tokenAt(text, condition).text !== word.text || !/^[<>]=?$/.test(operator)) {
    expected(text, condition, `a condition on ${word.text}, as in: ${word.text} < n`);
  }
  const to: Range = [condition + 2, skipAssignment(text, condition + 2)];
  const update = semicolon(text, to[1], close);
  const { sign, step, end } = readUpdate(text, update, word.text);
  if (end !== close) expected(text, end, 'the ")" of the loop');
  if (sign === 1 ? operator.startsWith(">") : operator.startsWith("<")) {
    fail(text, update, `${word.text} moves away from its end, the loop would never end`);
  }
  return { kind: "counting", name, from, operator: operator as "<", to, sign, step };
}

function semicolon(text: Text, i: number, close: number): number {
  if (i >= close || !isPunctuator(tokenAt(text, i), ";")) expected(text, i, '";" in the head of the loop');
  return i + 1;
}

/** Reads `i++`, `--i`, `i += step` or `i = i + step`. */
function readUpdate(text: Text, i: number, name: string): { sign: 1 | -1; step: Range | undefined; end: number } {
  const words = [0, 1, 2, 3].map((k) => tokenAt(text, i + k).text);
  const sign = (operator: string | undefined): 1 | -1 => (operator?.startsWith("-") ? -1 : 1);
  if (words[0] === name && /^(\+\+|--)$/.test(words[1] as string))
    return { sign: sign(words[1]), step: undefined, end: i + 2 };
  if (words[1] === name && /^(\+\+|--)$/.test(words[0] as string))
    return { sign: sign(words[0]), step: undefined, end: i + 2 };
  if (words[0] === name && /^[+-]=$/.test(words[1] as string)) return stepFrom(text, i + 2, sign(words[1]));
  if (words[0] === name && words[1] === "=" && words[2] === name && /^[+-]$/.test(words[3] as string)) {
    return stepFrom(text, i + 4, sign(words[3]));
  }
  return expected(text, i, `a step such as ${name}++ or ${name} += 2`);
}

function stepFrom(text: Text, i: number, sign: 1 | -1): { sign: 1 | -1; step: Range; end: number } {
  const end = skipAssignment(text, i);
  return { sign, step: [i, end], end };
}

function fail(text: Text, i: number, message: string): never {
  throw new MacroError(message, text.source, tokenAt(text, i).start);
}
