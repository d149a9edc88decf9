/** Tells macros from decorators, and what surrounds each `@`: whether it begins a statement, and in which function it stands. */

import { nearest } from "../nearest.ts";
import { MacroError } from "./macros-error.ts";
import { classBody, isName, isPunctuator, skipDecorator, type Text, tokenAt } from "./macros-skim.ts";
import type { Token } from "./macros-tokens.ts";

export const MACROS = [
  "everywhere",
  "spawnat",
  "spawn",
  "fetch",
  "fetchfrom",
  "async",
  "sync",
  "parallel",
  "time",
] as const;
export type MacroName = (typeof MACROS)[number];

export function isMacroName(name: string): name is MacroName {
  return (MACROS as readonly string[]).includes(name);
}

/** What surrounds the `@` at a token. */
export interface Place {
  isDecorator: boolean;
  /** Whether a statement may begin here, judged by the token before. */
  beginsStatement: boolean;
  /** Whether it begins what a variable is given: `const x = @fetch f()`, `x = @fetch f()`. */
  isGiven: boolean;
  /** The index of the innermost `{` that may be the body of a function or class; -1 at top level. */
  boundary: number;
}

/** The places of all `@name` tokens. */
export function findPlaces(text: Text): Map<number, Place> {
  const places = new Map<number, Place>();
  const classBodies = new Set<number>();
  const open: { index: number; boundary: number; plain: boolean }[] = [];
  for (let i = 0; tokenAt(text, i).kind !== "end"; i++) {
    const token = tokenAt(text, i);
    if (token.opener >= 0) open.pop();
    if (token.match >= 0) {
      const boundary = isPunctuator(token, "{") && !isPlainBlock(text, i) ? i : (open.at(-1)?.boundary ?? -1);
      open.push({ index: i, boundary, plain: boundary !== i });
    }
    if (isName(token, "class") && !isPunctuator(tokenAt(text, i - 1), ".", "?.")) noteClass(text, i, classBodies);
    if (token.kind !== "at") continue;
    const around = open.at(-1)?.index ?? -1;
    const parent = open.at(-2)?.index ?? -1;
    const inMember = classBodies.has(around) || (isPunctuator(tokenAt(text, around), "(") && classBodies.has(parent));
    places.set(i, {
      isDecorator: inMember || decoratesClass(text, i),
      beginsStatement: i === 0 || endsStatement(text, i - 1),
      isGiven: !classBodies.has(around) && isInBlock(text, around) && isGiven(text, i),
      boundary: open.at(-1)?.boundary ?? -1,
    });
  }
  return places;
}

/** Says what is wrong with an `@name` that is neither a macro nor a decorator. */
export function unknownMacro(text: Text, i: number): never {
  const { text: name, start } = tokenAt(text, i);
  const near = nearest(name, MACROS);
  const hint = near ? `did you mean @${near}?` : `the macros are @${MACROS.join(", @")}`;
  throw new MacroError(`there is no macro @${name}; ${hint}`, text.source, start);
}

function noteClass(text: Text, i: number, classBodies: Set<number>): void {
  const next = tokenAt(text, i + 1);
  if (next.kind !== "name" && !isPunctuator(next, "{", "<")) return;
  try {
    classBodies.add(classBody(text, i));
  } catch (error) {
    if (!(error instanceof MacroError)) throw error; // the compiler tells what is wrong with this class
  }
}

function decoratesClass(text: Text, i: number): boolean {
  const { text: name } = tokenAt(text, i);
  if (name === "everywhere") return false;
  // The words of a macro are never taken for the arguments of a decorator.
  let at = isMacroName(name) ? i + 1 : safely(() => skipDecorator(text, i), i + 1);
  while (tokenAt(text, at).kind === "at" && !isMacroName(tokenAt(text, at).text)) {
    const from = at;
    at = safely(() => skipDecorator(text, from), from + 1);
  }
  if (isName(tokenAt(text, at), "export")) at++;
  if (isName(tokenAt(text, at), "default")) at++;
  if (isName(tokenAt(text, at), "abstract", "declare")) at++;
  return isName(tokenAt(text, at), "class");
}

function safely(read: () => number, otherwise: number): number {
  try {
    return read();
  } catch (error) {
    if (error instanceof MacroError) return otherwise;
    throw error;
  }
}

/** A `{` that is certainly the block of a statement, and neither a function's nor a class's. */
function isPlainBlock(text: Text, i: number): boolean {
  const before = tokenAt(text, i - 1);
  if (i === 0 || before.kind === "at") return true;
  if (before.kind === "name") return /^(?:else|do|try|finally)$/.test(before.text);
  if (isPunctuator(before, ";", "{", "}")) return true;
  if (!isPunctuator(before, ")") || before.opener < 0) return false;
  const head = tokenAt(text, before.opener - 1);
  return isName(head, "if", "for", "while", "with", "switch", "catch") || isName(head, "await");
}

/** Whether statements stand between the bracket at `i` and its match; -1 is the program itself. */
function isInBlock(text: Text, i: number): boolean {
  if (i < 0) return true;
  const before = tokenAt(text, i - 1);
  if (!isPunctuator(tokenAt(text, i), "{")) return false;
  if (isPlainBlock(text, i) || isPunctuator(before, ")", "=>", ">")) return true;
  return before.kind === "name" && !CONTINUES.has(before.text) && !isDeclaring(before);
}

/** Whether the tokens before `i` are `const pattern: type =`, or `name.name =` where a statement begins. */
function isGiven(text: Text, i: number): boolean {
  if (!isAssignment(tokenAt(text, i - 1))) return false;
  let isInList = false;
  for (let at = i - 2; at >= 0; at--) {
    const token = tokenAt(text, at);
    if (isDeclaring(token)) return true;
    if (token.match >= 0 || isPunctuator(token, ";") || (token.kind === "at" && !isInList)) return false;
    if (token.kind === "name" && !isInList && beginsAssignment(text, at)) return true;
    // An arrow function between the word and the macro would be what waits, unless it ends before: const f = () => 1, x = …
    if (isPunctuator(token, ",")) isInList = true;
    else if (!isInList && (isPunctuator(token, "=>") || isAssignment(token))) return false;
    if (token.opener >= 0) at = token.opener;
  }
  return false;
}

function isAssignment(token: Token): boolean {
  return token.kind === "punctuator" && /^(?:[-+*/%&|^]|\*\*|&&|\|\||\?\?)?=$/.test(token.text);
}

function beginsAssignment(text: Text, i: number): boolean {
  const before = tokenAt(text, i - 1);
  if (i === 0 || isPunctuator(before, ";", "{", "}") || isMacro(before, "everywhere", "sync")) return true;
  if (isPunctuator(before, "]") && isMacro(tokenAt(text, before.opener - 1), "everywhere")) return true;
  return tokenAt(text, i).newline && endsStatement(text, i - 1);
}

function isDeclaring(token: Token): boolean {
  return isName(token, "const", "let", "var");
}

function isMacro(token: Token, ...names: string[]): boolean {
  return token.kind === "at" && names.includes(token.text);
}

const CONTINUES = new Set(
  "return typeof void delete await yield new throw case in of instanceof extends default as satisfies".split(" "),
);

/** Whether the token before allows a statement to begin: it ends one, or is the head of one. */
function endsStatement(text: Text, i: number): boolean {
  const token = tokenAt(text, i);
  switch (token.kind) {
    case "name":
      return !CONTINUES.has(token.text);
    case "punctuator":
      return isPunctuator(token, ";", "}", ")", "]", "{", "++", "--");
    case "templateHead":
    case "templateMiddle":
    case "at":
    case "bad":
      return false;
    default:
      return true;
  }
}
