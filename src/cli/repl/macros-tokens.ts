/**
 * Cuts TypeScript text into tokens, well enough to find macros and the ends of expressions. Never throws and is linear:
 * text that is no TypeScript gives tokens all the same, and the compiler that comes after tells what is wrong with it.
 */

export type TokenKind =
  | "name" // identifiers, keywords, #private names
  | "number"
  | "string"
  | "regexp"
  | "template" // a template without ${}
  | "templateHead" // `text${
  | "templateMiddle" // }text${
  | "templateTail" // }text`
  | "at" // @name: a macro or a decorator
  | "punctuator"
  | "bad" // a character that starts no token, or something that never ends
  | "end";

export interface Token {
  kind: TokenKind;
  /** For "at" the name without its @. */
  text: string;
  start: number;
  end: number;
  /** True when a line ends between the token before and this one. */
  newline: boolean;
  /** For an opening bracket or template part: the index of the closing one, -1 when there is none. */
  match: number;
  /** For a closing bracket or template part: the index of the opening one, -1 when there is none. */
  opener: number;
}

const BLANK = /[\s\ufeff]+/y;
/** Names as they nearly always are; the others need tables of Unicode that take milliseconds to build. */
const PLAIN_NAME = /#?[A-Za-z_$][\w$]*(?![\w$\\\u0080-\uffff])/y;
let anyName: RegExp | undefined;
const NAME_START = /[A-Za-z_$#\\\u0080-\uffff]/;
const NUMBER =
  /0[xX][\da-fA-F_]+n?|0[oO][0-7_]+n?|0[bB][01_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?n?/y;
const FLAGS = /[\w$]*/y;
const PUNCTUATOR =
  /\.\.\.|>>>=|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|\*\*|[{}()[\];,<>+\-*/%&|^!~?:=.]/y;
const LINE_BREAK = /[\n\r\u2028\u2029]/;

/** Keywords after which an expression begins, so that a slash there starts a regular expression. */
const BEFORE_OPERAND = new Set(
  "return typeof instanceof in of new delete void throw case do else await yield extends default".split(" "),
);
/** Keywords whose parentheses do not end an expression: `if (x) /re/.test(y)`. */
const CONTROL = new Set(["if", "while", "for", "with"]);
const OPENING: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** Indexes of the brackets that are open. */
  const open: number[] = [];
  /** For each bracket: whether an expression ends where it closes. */
  const endsExpression = new Map<number, boolean>();
  /** After `@spawnat`: how deep it stands, and whether its first argument has begun. That argument ends at a blank. */
  let where: { depth: number; hasBegun: boolean } | undefined;
  let at = 0;
  let newline = false;
  /** True for the token that follows the first argument of @spawnat: an expression begins there. */
  let afterWhere = false;

  const take = (pattern: RegExp, from = at): number => {
    pattern.lastIndex = from;
    return pattern.test(source) ? pattern.lastIndex : -1;
  };
  const takeName = (from: number): number => {
    const end = take(PLAIN_NAME, from);
    if (end >= 0 || !NAME_START.test(source[from] ?? "")) return end;
    anyName ??=
      /#?(?:[\p{ID_Start}$_]|\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]+\})(?:[\p{ID_Continue}$\u200c\u200d]|\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]+\})*/uy;
    return take(anyName, from);
  };
  const push = (kind: TokenKind, end: number, textStart = at): number => {
    const text = source.slice(textStart, end);
    tokens.push({ kind, text, start: at, end, newline, match: -1, opener: -1 });
    newline = false;
    at = end;
    return tokens.length - 1;
  };
  const close = (index: number): number => {
    const opener = open.pop() as number;
    (tokens[opener] as Token).match = index;
    (tokens[index] as Token).opener = opener;
    return opener;
  };
  const insideTemplate = (): boolean => {
    const kind = tokens[open.at(-1) ?? -1]?.kind;
    return kind === "templateHead" || kind === "templateMiddle";
  };

  while (true) {
    at = skipBlank();
    if (at >= source.length) break;
    noteWhere();
    readToken(source[at] as string);
  }
  tokens.push({ kind: "end", text: "", start: source.length, end: source.length, newline, match: -1, opener: -1 });
  return tokens;

  function readToken(char: string): void {
    if (char === "`") template("template", "templateHead");
    else if (char === "}" && insideTemplate()) template("templateTail", "templateMiddle");
    else if (char === '"' || char === "'") string(char);
    else if (char === "@") macro();
    else {
      const nameEnd = takeName(at);
      if (nameEnd >= 0) push("name", nameEnd);
      else if (/\d/.test(char) || (char === "." && /\d/.test(source[at + 1] ?? ""))) push("number", take(NUMBER));
      else if (source.startsWith("/*", at)) push("bad", source.length);
      else slashOrPunctuator(char);
    }
  }

  function macro(): void {
    const end = takeName(at + 1);
    const index = end < 0 ? push("bad", at + 1) : push("at", end, at + 1);
    const { text } = tokens[index] as Token;
    if (text === "spawnat" || text === "fetchfrom") where = { depth: open.length, hasBegun: false };
  }

  function noteWhere(): void {
    afterWhere = false;
    if (!where || open.length > where.depth) return;
    const isTight = tokens.at(-1)?.end === at;
    afterWhere = open.length === where.depth && where.hasBegun && !isTight;
    if (afterWhere || open.length < where.depth) where = undefined;
    else where.hasBegun = true;
  }

  function slashOrPunctuator(char: string): void {
    const regexp = char === "/" && operandExpected() ? regexpEnd(source, at) : -1;
    if (regexp >= 0) {
      push("regexp", take(FLAGS, regexp));
      return;
    }
    const end = take(PUNCTUATOR);
    if (end >= 0) punctuator(end);
    else push("bad", at + ((source.codePointAt(at) as number) > 0xffff ? 2 : 1));
  }

  /** Over blanks and comments; notes the ends of lines. A comment that never ends is left for a "bad" token. */
  function skipBlank(): number {
    let from = at;
    while (from < source.length) {
      let to = take(BLANK, from);
      if (to < 0 && source.startsWith("//", from)) to = lineEnd(source, from);
      if (to < 0 && from === 0 && source.startsWith("#!")) to = lineEnd(source, from);
      if (to < 0 && source.startsWith("/*", from)) {
        const closing = source.indexOf("*/", from + 2);
        if (closing >= 0) to = closing + 2;
      }
      if (to < 0) break;
      newline ||= LINE_BREAK.test(source.slice(from, to));
      from = to;
    }
    return from;
  }

  function template(whole: TokenKind, part: TokenKind): void {
    const end = templatePartEnd(source, at + 1);
    if (end < 0) {
      push("bad", source.length);
      return;
    }
    const isWhole = source[end - 1] === "`";
    const index = push(isWhole ? whole : part, end);
    if (whole === "templateTail") close(index);
    if (!isWhole) open.push(index);
  }

  function string(quote: string): void {
    let end = at + 1;
    while (end < source.length && source[end] !== quote) {
      const char = source[end] as string;
      if (char === "\n" || char === "\r") break;
      end += char === "\\" ? (source.startsWith("\r\n", end + 1) ? 3 : 2) : 1;
    }
    if (source[end] === quote) push("string", end + 1);
    else push("bad", Math.min(end, source.length));
  }

  function punctuator(end: number): void {
    const before = tokens.at(-1);
    const expectsOperand = operandExpected();
    const index = push("punctuator", end);
    const text = (tokens[index] as Token).text;
    if (text === "(" || text === "[" || text === "{") {
      open.push(index);
      // What follows the closing bracket depends on what stands before the opening one.
      if (text === "(") endsExpression.set(index, !(before?.kind === "name" && CONTROL.has(before.text)));
      else if (text === "{") endsExpression.set(index, isObjectLiteral(before, expectsOperand));
    } else if (OPENING[text] !== undefined && tokens[open.at(-1) ?? -1]?.text === OPENING[text]) {
      endsExpression.set(index, endsExpression.get(close(index)) ?? true);
    }
  }

  /** Whether the next token begins an operand, so that a slash is a regular expression and not a division. */
  function operandExpected(): boolean {
    const before = tokens.at(-1);
    if (before === undefined || afterWhere) return true;
    if (before.kind === "at" || before.kind === "templateHead" || before.kind === "templateMiddle") return true;
    if (before.kind === "name") {
      const isProperty = tokens.at(-2)?.text === "." || tokens.at(-2)?.text === "?.";
      return BEFORE_OPERAND.has(before.text) && !isProperty;
    }
    if (before.kind !== "punctuator") return false;
    if (OPENING[before.text] !== undefined) return endsExpression.get(tokens.length - 1) === false;
    return before.text !== "++" && before.text !== "--";
  }
}

function isObjectLiteral(before: Token | undefined, expectsOperand: boolean): boolean {
  if (before === undefined || before.kind === "at" || !expectsOperand) return false;
  if (before.kind === "punctuator") return !/^(=>|[;{})])$/.test(before.text);
  return before.text !== "do" && before.text !== "else";
}

/** The end of a template part that begins at `from`: after its backtick or `${`; -1 when it never ends. */
function templatePartEnd(source: string, from: number): number {
  for (let at = from; at < source.length; at++) {
    const char = source[at];
    if (char === "\\") at++;
    else if (char === "`") return at + 1;
    else if (char === "$" && source[at + 1] === "{") return at + 2;
  }
  return -1;
}

/** The end of the regular expression that begins at `from`, without its flags; -1 when there is none. */
function regexpEnd(source: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < source.length; at++) {
    const char = source[at] as string;
    if (LINE_BREAK.test(char)) return -1;
    if (char === "\\") at++;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (char === "/" && !inClass) return at + 1;
  }
  return -1;
}

function lineEnd(source: string, from: number): number {
  const match = /[\n\r\u2028\u2029]/g;
  match.lastIndex = from;
  return match.exec(source)?.index ?? source.length;
}
