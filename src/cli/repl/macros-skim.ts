/**
 * Finds where expressions, types and statements end, from tokens alone. It reads only as much of the grammar as that needs: what
 * stands inside brackets is stepped over, and text that is wrong in itself is left for the compiler to complain about. Long, because
 * expressions, functions and types contain each other. Why no parser does it: docs/decisions/004-the-prompt-draws-for-itself.md.
 */
import { MacroError } from "./macros-error.ts";
import type { Token } from "./macros-tokens.ts";

/** What the expander knows about macros and the skimmer needs: where a macro that begins at token `i` ends. */
export interface MacroEnds {
  isMacro(i: number): boolean;
  /** The index after the macro's last token. */
  endOfMacro(i: number): number;
}

/** The text being read, and what is known about it so far. */
export interface Text {
  readonly source: string;
  readonly tokens: readonly Token[];
  readonly macros: MacroEnds;
  /** Indexes where an expression ends for good: after a macro, and after an arrow function with a block. */
  readonly closed: Set<number>;
  /** Indexes where the argument of a macro begins that is an expression, although a statement could begin there. */
  readonly arguments: Set<number>;
  /** How deep the reading is nested; text that would overflow the stack is refused. */
  depth: number;
}

const DEEPEST = 500;

/** Runs `read` one level deeper. */
export function nested<T>(text: Text, i: number, read: () => T): T {
  if (text.depth >= DEEPEST) throw new MacroError("this is nested too deeply", text.source, tokenAt(text, i).start);
  text.depth++;
  try {
    return read();
  } finally {
    text.depth--;
  }
}

interface Where {
  /** Inside the head of a `for`, where `in` ends the expression. */
  noIn?: boolean;
  /** Between the ? and the : of a conditional, where a colon cannot begin a return type. */
  conditional?: boolean;
}

const PREFIX = new Set(["typeof", "void", "delete", "await", "yield", "new"]);
const PREFIX_PUNCTUATORS = new Set(["!", "~", "+", "-", "++", "--", "..."]);
const BINARY = new Set(
  "+ - * / % ** << >> >>> & | ^ && || ?? == != === !== < > <= >= = += -= *= /= %= **= <<= >>= >>>= &= |= ^= &&= ||= ??=".split(
    " ",
  ),
);
/** Keywords that begin no operand: where one stands, an expression is missing. */
const NO_OPERAND = new Set(
  "if else for while do return break continue throw try catch finally switch case default const var export in instanceof extends enum with".split(
    " ",
  ),
);

/** The token at `i`; before the first one stands an empty one, after the last one the end. */
export function tokenAt(text: Text, i: number): Token {
  return text.tokens[Math.min(i, text.tokens.length - 1)] ?? BEFORE_ALL;
}

const BEFORE_ALL: Token = { kind: "end", text: "", start: 0, end: 0, newline: false, match: -1, opener: -1 };

export function isPunctuator(token: Token, ...texts: string[]): boolean {
  return token.kind === "punctuator" && texts.includes(token.text);
}

export function isName(token: Token, ...names: string[]): boolean {
  return token.kind === "name" && (names.length === 0 || names.includes(token.text));
}

/** Throws the error "expected … here" for token `i`. */
export function expected(text: Text, i: number, what: string): never {
  const token = tokenAt(text, i);
  const found =
    token.kind === "end"
      ? "the text ends here"
      : token.kind === "bad"
        ? "this is not TypeScript"
        : `found ${shortened(text.source.slice(token.start, token.end))}`;
  throw new MacroError(`expected ${what}, but ${found}`, text.source, token.start, token.kind === "end");
}

function shortened(words: string): string {
  const line = words.split("\n", 1)[0] as string;
  return `"${line.length > 24 || line !== words ? `${line.slice(0, 24)}…` : words}"`;
}

/** Steps over the bracket at `i` and what is in it. */
export function skipBrackets(text: Text, i: number): number {
  let at = i;
  while (true) {
    const token = tokenAt(text, at);
    if (token.match < 0) {
      throw new MacroError(
        `nothing closes this ${token.text.slice(-2) === "${" ? "${" : token.text}`,
        text.source,
        token.start,
        tokenAt(text, text.tokens.length - 1).kind === "end",
      );
    }
    at = token.match;
    if (tokenAt(text, at).kind !== "templateMiddle") return at + 1;
  }
}

/** Steps over one expression, commas included. */
export function skipExpression(text: Text, i: number, where: Where = {}, what?: string): number {
  let at = skipAssignment(text, i, where, what);
  while (isPunctuator(tokenAt(text, at), ",")) at = skipAssignment(text, at + 1, where);
  return at;
}

/** Steps over one expression up to a comma. `what` is what is said to be missing when there is none. */
export function skipAssignment(text: Text, i: number, where: Where = {}, what = "an expression"): number {
  return nested(text, i, () => assignmentEnd(text, i, where, what));
}

function assignmentEnd(text: Text, i: number, where: Where, what: string): number {
  let at = skipOperand(text, i, what);
  while (!text.closed.has(at)) {
    const token = tokenAt(text, at);
    if (token.kind === "template" || token.kind === "templateHead") {
      at = token.kind === "template" ? at + 1 : skipBrackets(text, at);
    } else if (token.kind === "name") {
      if (token.newline && (token.text === "as" || token.text === "satisfies")) return at;
      if (token.text === "as" || token.text === "satisfies") at = skipType(text, at + 1);
      else if (token.text === "instanceof" || (token.text === "in" && !where.noIn))
        at = skipOperand(text, at + 1, what);
      else return at;
    } else if (token.kind === "punctuator") {
      const next = skipOperator(text, at, where);
      if (next < 0) return at;
      at = next;
    } else return at;
  }
  return at;
}

function closeAt(text: Text, i: number): number {
  text.closed.add(i);
  return i;
}

/** Steps over what continues an expression at `at`; -1 when nothing does. */
function skipOperator(text: Text, at: number, where: Where): number {
  const token = tokenAt(text, at);
  switch (token.text) {
    case "(":
    case "[":
      return skipBrackets(text, at);
    case ".":
    case "?.":
      return tokenAt(text, at + 1).kind === "name" ? at + 2 : at + 1;
    case "!":
      return token.newline ? -1 : at + 1; // x!, the assertion of TypeScript
    case "++":
    case "--":
      return token.newline ? -1 : at + 1;
    case "<":
    case "<<": {
      const end = skipAngles(text, at);
      const after = end < 0 ? undefined : tokenAt(text, end);
      const isCall = after && (isPunctuator(after, "(") || after.kind === "template" || after.kind === "templateHead");
      return isCall ? end : skipOperand(text, at + 1);
    }
    case "=>":
      if (isPunctuator(tokenAt(text, at + 1), "{")) return closeAt(text, skipBrackets(text, at + 1));
      return skipAssignment(text, at + 1, where);
    case "?": {
      const colon = skipAssignment(text, at + 1, { conditional: true });
      if (!isPunctuator(tokenAt(text, colon), ":")) expected(text, colon, 'the ":" of a conditional expression');
      return skipAssignment(text, colon + 1, where);
    }
    case ":": {
      // (a, b): T => …
      if (where.conditional || !isPunctuator(tokenAt(text, at - 1), ")")) return -1;
      const end = tryType(text, at + 1);
      return end >= 0 && isPunctuator(tokenAt(text, end), "=>") ? end : -1;
    }
    default:
      return BINARY.has(token.text) ? skipOperand(text, at + 1) : -1;
  }
}

/** Steps over prefix operators and the operand after them. */
function skipOperand(text: Text, from: number, what = "an expression"): number {
  let i = from;
  while (true) {
    const next = skipPrefix(text, i);
    if (next === i) break;
    i = next;
  }
  const token = tokenAt(text, i);
  switch (token.kind) {
    case "number":
    case "string":
    case "regexp":
    case "template":
      return i + 1;
    case "templateHead":
      return skipBrackets(text, i);
    case "at":
      return closeAt(text, text.macros.endOfMacro(i));
    case "punctuator":
      return isPunctuator(token, "(", "[", "{") ? skipBrackets(text, i) : expected(text, i, what);
    case "name":
      return skipNamedOperand(text, i, what);
    default:
      return expected(text, i, what);
  }
}

/** Steps over one prefix operator, type assertion, list of type parameters or decorator; gives `i` when there is none. */
function skipPrefix(text: Text, i: number): number {
  const token = tokenAt(text, i);
  const next = tokenAt(text, i + 1);
  if (token.kind === "at" && !text.macros.isMacro(i)) return skipDecorator(text, i);
  if (token.kind === "punctuator") {
    if (PREFIX_PUNCTUATORS.has(token.text)) return i + 1;
    return token.text === "<" ? Math.max(i, skipAngles(text, i)) : i;
  }
  if (token.kind !== "name" || !PREFIX.has(token.text)) return i;
  if (token.text === "new") return isPunctuator(next, ".") ? i : i + 1; // new.target is an operand
  if (token.text !== "yield") return i + 1;
  if (isPunctuator(next, "*")) return i + 2;
  return startsOperand(next) && !next.newline ? i + 1 : i;
}

function skipNamedOperand(text: Text, i: number, what: string): number {
  const token = tokenAt(text, i);
  const next = tokenAt(text, i + 1);
  if (token.text === "function") return skipFunction(text, i);
  if (token.text === "class") return skipClass(text, i);
  if (token.text === "async" && !next.newline) {
    if (isName(next, "function")) return skipFunction(text, i + 1);
    if (next.kind === "name" && isPunctuator(tokenAt(text, i + 2), "=>")) return i + 2;
  }
  if (NO_OPERAND.has(token.text)) expected(text, i, what);
  return i + 1;
}

/** Whether an operand can begin with this token. */
export function startsOperand(token: Token): boolean {
  switch (token.kind) {
    case "end":
    case "bad":
    case "templateMiddle":
    case "templateTail":
      return false;
    case "punctuator":
      return /^(?:[([{!~<]|\+\+?|--?|\.\.\.)$/.test(token.text);
    case "name":
      return !/^(?:in|instanceof|of|as|satisfies)$/.test(token.text);
    default:
      return true;
  }
}

/** Steps over `@decorator.name(arguments)`. */
export function skipDecorator(text: Text, i: number): number {
  let at = i + 1;
  while (isPunctuator(tokenAt(text, at), ".") && tokenAt(text, at + 1).kind === "name") at += 2;
  return isPunctuator(tokenAt(text, at), "(") && !tokenAt(text, at).newline ? skipBrackets(text, at) : at;
}

/** Steps over a function from its `function` on. The index may be that of the `;` of a signature without a body. */
export function skipFunction(text: Text, i: number): number {
  let at = i + 1;
  if (isPunctuator(tokenAt(text, at), "*")) at++;
  if (tokenAt(text, at).kind === "name") at++;
  if (isPunctuator(tokenAt(text, at), "<")) at = Math.max(at, skipAngles(text, at));
  if (!isPunctuator(tokenAt(text, at), "(")) expected(text, at, "the parameters of the function");
  at = skipBrackets(text, at);
  if (isPunctuator(tokenAt(text, at), ":")) at = skipType(text, at + 1);
  return isPunctuator(tokenAt(text, at), "{") ? skipBrackets(text, at) : at;
}

/** The index of the `{` of a class whose `class` is at `i`. */
export function classBody(text: Text, i: number): number {
  let at = i + 1;
  while (!isPunctuator(tokenAt(text, at), "{")) {
    const token = tokenAt(text, at);
    if (token.kind === "end" || isPunctuator(token, ";", "}", ")")) expected(text, at, "the { of the class");
    if (isPunctuator(token, "<")) at = Math.max(at + 1, skipAngles(text, at));
    else if (isPunctuator(token, "(", "[")) at = skipBrackets(text, at);
    else at++;
  }
  return at;
}

export function skipClass(text: Text, i: number): number {
  return skipBrackets(text, classBody(text, i));
}

/** Steps over `<…>` of types; -1 when this cannot be one. */
export function skipAngles(text: Text, i: number): number {
  let depth = 0;
  for (let at = i; ; ) {
    const token = tokenAt(text, at);
    if (token.kind === "end" || token.kind === "bad" || token.kind === "at") return -1;
    if (token.kind === "punctuator") {
      if (token.text === "<" || token.text === "<<") depth += token.text.length;
      else if (/^>+$/.test(token.text)) {
        depth -= token.text.length;
        if (depth <= 0) return depth === 0 ? at + 1 : -1;
      } else if (/^[([{]$/.test(token.text)) {
        if (token.match < 0) return -1;
        at = token.match;
      } else if (!/^(?:[,.|&?:=-]|=>|\.\.\.)$/.test(token.text)) return -1;
    }
    at++;
  }
}

function tryType(text: Text, i: number): number {
  try {
    return skipType(text, i);
  } catch (error) {
    if (error instanceof MacroError) return -1;
    throw error;
  }
}

const TYPE_PREFIX = new Set("keyof unique readonly infer asserts abstract new typeof".split(" "));

/** Steps over a type. */
export function skipType(text: Text, i: number): number {
  return nested(text, i, () => typeEnd(text, i));
}

function typeEnd(text: Text, i: number): number {
  let at = i;
  while (isPunctuator(tokenAt(text, at), "|", "&")) at++;
  while (
    isName(tokenAt(text, at)) &&
    TYPE_PREFIX.has(tokenAt(text, at).text) &&
    startsOperand(tokenAt(text, at + 1)) &&
    !tokenAt(text, at + 1).newline
  ) {
    at++;
  }
  if (isPunctuator(tokenAt(text, at), "-")) at++;
  const token = tokenAt(text, at);
  if (isPunctuator(token, "(", "<")) {
    if (token.text === "<") {
      const end = skipAngles(text, at);
      if (end < 0) expected(text, at, "a type");
      at = end;
    }
    if (isPunctuator(tokenAt(text, at), "(")) at = skipBrackets(text, at);
    if (isPunctuator(tokenAt(text, at), "=>")) return skipType(text, at + 1);
  } else if (isPunctuator(token, "{", "[") || token.kind === "templateHead") {
    at = skipBrackets(text, at);
  } else if (token.kind === "name") {
    at++;
    if (token.text === "import" && isPunctuator(tokenAt(text, at), "(")) at = skipBrackets(text, at);
    while (isPunctuator(tokenAt(text, at), ".") && tokenAt(text, at + 1).kind === "name") at += 2;
    if (isPunctuator(tokenAt(text, at), "<") && !tokenAt(text, at).newline) at = Math.max(at, skipAngles(text, at));
  } else if (token.kind === "string" || token.kind === "number" || token.kind === "template") at++;
  else expected(text, at, "a type");
  while (isPunctuator(tokenAt(text, at), "[") && !tokenAt(text, at).newline) at = skipBrackets(text, at);
  const after = tokenAt(text, at);
  if (isPunctuator(after, "|", "&")) return skipType(text, at + 1);
  if (isName(after, "is") && !after.newline) return skipType(text, at + 1);
  if (isName(after, "extends") && !after.newline) {
    at = skipType(text, at + 1);
    if (!isPunctuator(tokenAt(text, at), "?")) return at;
    at = skipType(text, at + 1);
    if (!isPunctuator(tokenAt(text, at), ":")) expected(text, at, 'the ":" of a conditional type');
    return skipType(text, at + 1);
  }
  return at;
}
