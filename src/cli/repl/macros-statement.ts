/**
 * Reads one statement from tokens: what kind it is, where it ends, and its parts as far as macros need them. The rest of the
 * grammar is stepped over. One function for each kind of statement, and there are many kinds.
 */
import {
  classBody,
  expected,
  isName,
  isPunctuator,
  nested,
  skipAssignment,
  skipBrackets,
  skipDecorator,
  skipExpression,
  skipFunction,
  skipType,
  startsOperand,
  type Text,
  tokenAt,
} from "./macros-skim.ts";

/** A declarator of `const`, `let` or `var`: token indexes, each end exclusive. */
export interface Declarator {
  pattern: [start: number, end: number];
  /** From the colon, or the `!` before it, to the end of the type. */
  annotation: [start: number, end: number] | undefined;
  /** The expression after `=`. */
  value: [start: number, end: number] | undefined;
}

export type Statement = {
  /** Index of the first token. */
  start: number;
  /** Index after the last token, without the semicolon. */
  end: number;
  /** Index of the first token of what follows, after the semicolon. */
  next: number;
} & (
  | { kind: "expression" }
  | { kind: "empty" }
  | { kind: "block"; open: number }
  | { kind: "if"; branches: Statement[] }
  | { kind: "try"; blocks: Statement[] }
  | { kind: "label"; body: Statement }
  | { kind: "variables"; keyword: number; declarators: Declarator[] }
  | { kind: "function"; name: number; hasBody: boolean }
  | { kind: "class"; name: number }
  | { kind: "enum" | "namespace"; name: number }
  | { kind: "import" }
  | { kind: "types" } // interface, type, declare: nothing is left of them at run time
  | { kind: "other" } // loops, switch, return, throw, export …
);

/** Reads the statement that begins at token `i`. */
export function readStatement(text: Text, i: number): Statement {
  return nested(text, i, () => statementAt(text, i));
}

function statementAt(text: Text, i: number): Statement {
  const token = tokenAt(text, i);
  if (isPunctuator(token, ";")) return { kind: "empty", start: i, end: i, next: i + 1 };
  if (isPunctuator(token, "{")) {
    const end = skipBrackets(text, i);
    return { kind: "block", open: i, start: i, end, next: end };
  }
  if (token.kind === "at" && !text.macros.isMacro(i)) {
    const decorated = readStatement(text, skipDecorator(text, i));
    return { ...decorated, start: i };
  }
  if (token.kind !== "name") return expressionStatement(text, i);
  if (isPunctuator(tokenAt(text, i + 1), ":") && !RESERVED.has(token.text)) {
    const body = readStatement(text, i + 2);
    return { kind: "label", body, start: i, end: body.end, next: body.next };
  }
  return readNamed(text, i, token.text) ?? expressionStatement(text, i);
}

const RESERVED = new Set(["default", "case"]);

/** Reads the statements of the block whose `{` is at `open`. */
export function readBlock(text: Text, open: number): Statement[] {
  const close = skipBrackets(text, open) - 1;
  const statements: Statement[] = [];
  for (let i = open + 1; i < close; ) {
    const statement = readStatement(text, i);
    statements.push(statement);
    i = Math.max(statement.next, i + 1);
  }
  return statements;
}

function expressionStatement(text: Text, i: number): Statement {
  const end = skipExpression(text, i);
  return { kind: "expression", start: i, end, next: afterSemicolon(text, end) };
}

function afterSemicolon(text: Text, end: number): number {
  return isPunctuator(tokenAt(text, end), ";") ? end + 1 : end;
}

/** A statement that begins with a keyword; undefined when the name at `i` begins an expression. */
function readNamed(text: Text, i: number, keyword: string): Statement | undefined {
  const next = tokenAt(text, i + 1);
  const done = (end: number) => ({ start: i, end, next: afterSemicolon(text, end) });
  switch (keyword) {
    case "if":
      return readIf(text, i);
    case "for": {
      const body = readStatement(text, skipParentheses(text, isName(next, "await") ? i + 2 : i + 1));
      return { kind: "other", start: i, end: body.end, next: body.next };
    }
    case "while":
    case "with": {
      const body = readStatement(text, skipParentheses(text, i + 1));
      return { kind: "other", start: i, end: body.end, next: body.next };
    }
    case "do": {
      const body = readStatement(text, i + 1);
      if (!isName(tokenAt(text, body.next), "while")) expected(text, body.next, "while (…)");
      return { kind: "other", ...done(skipParentheses(text, body.next + 1)) };
    }
    case "try":
      return readTry(text, i);
    case "switch": {
      const open = skipParentheses(text, i + 1);
      if (!isPunctuator(tokenAt(text, open), "{")) expected(text, open, "the { of the switch");
      const end = skipBrackets(text, open);
      return { kind: "other", start: i, end, next: end };
    }
    case "return":
    case "throw":
      return { kind: "other", ...done(startsOperand(next) && !next.newline ? skipExpression(text, i + 1) : i + 1) };
    case "break":
    case "continue":
    case "debugger":
      return { kind: "other", ...done(next.kind === "name" && !next.newline ? i + 2 : i + 1) };
    case "function":
      return readFunction(text, i, i);
    case "async":
      return isName(next, "function") && !next.newline ? readFunction(text, i, i + 1) : undefined;
    case "class":
      return readClass(text, i, i);
    case "const":
      return isName(next, "enum") ? readEnum(text, i, i + 1) : readVariables(text, i, i);
    case "var":
      return readVariables(text, i, i);
    case "let":
      return next.kind === "name" || isPunctuator(next, "[", "{") ? readVariables(text, i, i) : undefined;
    case "using":
      return next.kind === "name" && !next.newline && isPunctuator(tokenAt(text, i + 2), "=")
        ? { ...readVariables(text, i, i), kind: "other" }
        : undefined;
    case "enum":
      return readEnum(text, i, i);
    case "import":
      return isPunctuator(next, "(", ".") ? undefined : { kind: "import", ...done(importEnd(text, i)) };
    case "export":
      return readExport(text, i);
    default:
      return readTypeScript(text, i, keyword);
  }
}

/** The declarations that TypeScript adds; their keywords are names elsewhere. */
function readTypeScript(text: Text, i: number, keyword: string): Statement | undefined {
  const next = tokenAt(text, i + 1);
  if (next.newline || (next.kind !== "name" && next.kind !== "string") || isName(next, "in", "instanceof", "as")) {
    return undefined;
  }
  const done = (end: number) => ({ start: i, end, next: afterSemicolon(text, end) });
  switch (keyword) {
    case "abstract":
      return isName(next, "class") ? readClass(text, i, i + 1) : undefined;
    case "type": {
      const equals = seek(text, i + 2, "=");
      return { kind: "types", ...done(skipType(text, equals + 1)) };
    }
    case "interface": {
      const end = skipBrackets(text, classBody(text, i));
      return { kind: "types", start: i, end, next: end };
    }
    case "namespace":
    case "module": {
      const end = skipBrackets(text, classBody(text, i));
      return { kind: "namespace", name: i + 1, start: i, end, next: end };
    }
    case "declare": {
      const declared = readStatement(text, i + 1);
      return { kind: "types", start: i, end: declared.end, next: declared.next };
    }
    default:
      return undefined;
  }
}

function readIf(text: Text, i: number): Statement {
  const first = readStatement(text, skipParentheses(text, i + 1));
  const branches = [first];
  let last = first;
  if (isName(tokenAt(text, first.next), "else")) {
    last = readStatement(text, first.next + 1);
    branches.push(last);
  }
  return { kind: "if", branches, start: i, end: last.end, next: last.next };
}

function readTry(text: Text, i: number): Statement {
  const blocks = [readBlockAt(text, i + 1, "the { of the try")];
  let at = (blocks[0] as Statement).next;
  if (isName(tokenAt(text, at), "catch")) {
    at++;
    if (isPunctuator(tokenAt(text, at), "(")) at = skipBrackets(text, at);
    const handler = readBlockAt(text, at, "the { of the catch");
    blocks.push(handler);
    at = handler.next;
  }
  if (isName(tokenAt(text, at), "finally")) at = readBlockAt(text, at + 1, "the { of the finally").next;
  return { kind: "try", blocks, start: i, end: at, next: at };
}

function readBlockAt(text: Text, i: number, what: string): Statement {
  if (!isPunctuator(tokenAt(text, i), "{")) expected(text, i, what);
  return readStatement(text, i);
}

function readFunction(text: Text, start: number, keyword: number): Statement {
  const star = isPunctuator(tokenAt(text, keyword + 1), "*") ? 1 : 0;
  const name = keyword + 1 + star;
  if (tokenAt(text, name).kind !== "name") expected(text, name, "the name of the function");
  const end = skipFunction(text, keyword);
  const hasBody = isPunctuator(tokenAt(text, end - 1), "}") && isAfterParameters(text, tokenAt(text, end - 1).opener);
  return { kind: "function", name, hasBody, start, end, next: hasBody ? end : afterSemicolon(text, end) };
}

/** Tells the `{` of a function's body from that of a type: `function f(): { a: number }`. */
function isAfterParameters(text: Text, brace: number): boolean {
  return brace >= 0 && !isPunctuator(tokenAt(text, brace - 1), ":", "|", "&", "=>");
}

function readClass(text: Text, start: number, keyword: number): Statement {
  if (tokenAt(text, keyword + 1).kind !== "name") expected(text, keyword + 1, "the name of the class");
  const end = skipBrackets(text, classBody(text, keyword));
  return { kind: "class", name: keyword + 1, start, end, next: end };
}

function readEnum(text: Text, start: number, keyword: number): Statement {
  if (!isPunctuator(tokenAt(text, keyword + 2), "{")) expected(text, keyword + 2, "the { of the enum");
  const end = skipBrackets(text, keyword + 2);
  return { kind: "enum", name: keyword + 1, start, end, next: end };
}

function readVariables(text: Text, start: number, keyword: number): Statement & { kind: "variables" } {
  const declarators: Declarator[] = [];
  let at = keyword;
  do {
    at++;
    const declarator = readDeclarator(text, at);
    declarators.push(declarator);
    at = (declarator.value ?? declarator.annotation ?? declarator.pattern)[1];
  } while (isPunctuator(tokenAt(text, at), ","));
  return { kind: "variables", keyword, declarators, start, end: at, next: afterSemicolon(text, at) };
}

function readDeclarator(text: Text, i: number): Declarator {
  const pattern: [number, number] = [i, skipPattern(text, i)];
  let at = pattern[1];
  let annotation: [number, number] | undefined;
  if (isPunctuator(tokenAt(text, at), "!", ":")) {
    const colon = isPunctuator(tokenAt(text, at), "!") ? at + 1 : at;
    if (!isPunctuator(tokenAt(text, colon), ":")) expected(text, colon, "a type");
    annotation = [at, skipType(text, colon + 1)];
    at = annotation[1];
  }
  let value: [number, number] | undefined;
  if (isPunctuator(tokenAt(text, at), "=")) value = [at + 1, skipAssignment(text, at + 1)];
  return { pattern, annotation, value };
}

/** Steps over a name or a destructuring pattern. */
export function skipPattern(text: Text, i: number): number {
  const token = tokenAt(text, i);
  if (token.kind === "name") return i + 1;
  if (isPunctuator(token, "[", "{")) return skipBrackets(text, i);
  return expected(text, i, "the name of a variable");
}

function readExport(text: Text, i: number): Statement {
  const next = tokenAt(text, i + 1);
  const end = (at: number): Statement => ({ kind: "other", start: i, end: at, next: afterSemicolon(text, at) });
  if (isName(next, "default")) {
    const inner = tokenAt(text, i + 2);
    if (isName(inner, "class")) return end(skipBrackets(text, classBody(text, i + 2)));
    return end(skipAssignment(text, i + 2));
  }
  if (isPunctuator(next, "*", "{")) {
    let at = isPunctuator(next, "{") ? skipBrackets(text, i + 1) : i + 2;
    while (isName(tokenAt(text, at)) && !tokenAt(text, at).newline) at++;
    return end(tokenAt(text, at).kind === "string" ? at + 1 : at);
  }
  const declared = readStatement(text, i + 1);
  return { kind: "other", start: i, end: declared.end, next: declared.next };
}

/** The end of an import declaration: after its module's name and attributes. */
function importEnd(text: Text, i: number): number {
  let at = i + 1;
  while (tokenAt(text, at).kind !== "string") {
    const token = tokenAt(text, at);
    if (isPunctuator(token, "{")) at = skipBrackets(text, at);
    else if (isPunctuator(token, "="))
      return skipExpression(text, at + 1); // import x = require("m")
    else if (token.kind === "name" || isPunctuator(token, ",", "*")) at++;
    else expected(text, at, 'the module of the import, as in: import { a } from "m"');
  }
  at++;
  const hasAttributes = isName(tokenAt(text, at), "with", "assert") && isPunctuator(tokenAt(text, at + 1), "{");
  return hasAttributes && !tokenAt(text, at).newline ? skipBrackets(text, at + 1) : at;
}

function skipParentheses(text: Text, i: number): number {
  if (!isPunctuator(tokenAt(text, i), "(")) expected(text, i, '"("');
  return skipBrackets(text, i);
}

function seek(text: Text, from: number, punctuator: string): number {
  let at = from;
  while (!isPunctuator(tokenAt(text, at), punctuator)) {
    if (tokenAt(text, at).kind === "end" || isPunctuator(tokenAt(text, at), ";")) expected(text, at, `"${punctuator}"`);
    at = isPunctuator(tokenAt(text, at), "{", "(", "[") ? skipBrackets(text, at) : at + 1;
  }
  return at;
}
