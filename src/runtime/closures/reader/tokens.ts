/**
 * Reads JavaScript token by token. Only for code that a compiler or V8 has already accepted: it checks nothing, so it is small
 * enough to cost nothing at the first capture. Where a `/` starts a regular expression and where a template goes on after
 * `}` is known to the parser only (expressions.ts), which asks for it.
 */

/** `word` is an identifier or keyword, `private` is `#name`. */
export type TokenType = "word" | "punct" | "number" | "string" | "template" | "regex" | "private" | "end";

/** The code could not be followed; the caller falls back to a full parser. */
export class ScanError extends Error {}

const isWordPart = new Uint8Array(128);
for (const char of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$_") {
  isWordPart[char.charCodeAt(0)] = 1;
}

export class Lexer {
  readonly source: string;
  type: TokenType = "end";
  /** The text of a word (escapes resolved), private name or punctuator; empty for the rest. */
  value = "";
  start = 0;
  end = 0;
  /** True when a line ends between the token before and this one. */
  newline = false;
  /** The end of the token before. */
  lastEnd = 0;

  constructor(source: string) {
    this.source = source;
    this.next();
  }

  /** Goes to the next token; a `/` is taken for a division. */
  next(): void {
    const { source } = this;
    this.lastEnd = this.end;
    this.newline = false;
    let at = this.skipBlanks(this.end);
    this.start = at;
    this.value = "";
    if (at >= source.length) {
      this.type = "end";
      this.end = at;
      return;
    }
    const code = source.charCodeAt(at);
    if (code === 34 || code === 39) {
      this.type = "string";
      this.end = this.endOfString(at + 1, code);
    } else if (code === 96) {
      this.type = "template";
      this.end = at + 1;
    } else if (code === 35) {
      this.type = "private";
      this.end = this.endOfWord(at + 1);
      this.value = source.slice(at, this.end);
    } else if ((code >= 48 && code <= 57) || (code === 46 && isDigit(source.charCodeAt(at + 1)))) {
      this.type = "number";
      this.end = this.endOfNumber(at);
    } else if (code >= 128 || code === 92 || isWordPart[code]) {
      this.type = "word";
      at = this.endOfWord(at);
      this.end = at;
      this.value = source.slice(this.start, at);
      if (this.value.includes("\\")) this.value = unescapeWord(this.value);
    } else {
      this.type = "punct";
      this.end = at + this.punctLength(at, code);
      this.value = source.slice(at, this.end);
    }
  }

  /** Reads the current `/` or `/=` again, as a regular expression. */
  rereadAsRegex(): void {
    const { source } = this;
    let at = this.start + 1;
    let inClass = false;
    for (; ; at++) {
      const code = source.charCodeAt(at);
      if (Number.isNaN(code) || code === 10) throw new ScanError("regular expression without end");
      if (code === 92) at++;
      else if (code === 91) inClass = true;
      else if (code === 93) inClass = false;
      else if (code === 47 && !inClass) break;
    }
    this.type = "regex";
    this.value = "";
    this.end = this.endOfWord(at + 1);
  }

  /**
   * Reads template text from `from`. Gives true when it stops at `${` (the current token is then the first one of the
   * expression), false at the end of the template (the current token is what follows it).
   */
  templateText(from: number): boolean {
    const { source } = this;
    for (let at = from; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === 92) at++;
      else if (code === 96 || (code === 36 && source.charCodeAt(at + 1) === 123)) {
        this.end = code === 96 ? at + 1 : at + 2;
        this.next();
        return code !== 96;
      }
    }
    throw new ScanError("template without end");
  }

  /** The first character after blanks and comments that follow the current token, without going there. */
  peekCode(): number {
    const { newline } = this;
    const at = this.skipBlanks(this.end);
    this.newlineAhead = this.newline;
    this.newline = newline;
    this.peekedAt = at;
    return this.source.charCodeAt(at);
  }
  /** After peekCode: whether a line ends before that character, and where it is. */
  newlineAhead = false;
  peekedAt = 0;

  private skipBlanks(from: number): number {
    const { source } = this;
    let at = from;
    this.newline = false;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === 10 || code === 13 || code === 0x2028 || code === 0x2029) this.newline = true;
      else if (code === 32 || code === 9 || code === 11 || code === 12 || code === 0xfeff || isWideBlank(code))
        continue;
      else if (code === 47 && source.charCodeAt(at + 1) === 47) {
        at = endOfLine(source, at) - 1;
      } else if (code === 47 && source.charCodeAt(at + 1) === 42) {
        const close = source.indexOf("*/", at + 2);
        if (close < 0) throw new ScanError("comment without end");
        if (/[\n\r\u2028\u2029]/.test(source.slice(at, close))) this.newline = true;
        at = close + 1;
      } else if (code === 35 && at === 0 && source.charCodeAt(1) === 33) {
        at = endOfLine(source, at) - 1;
      } else break;
    }
    return at;
  }

  private endOfWord(from: number): number {
    const { source } = this;
    let at = from;
    for (; ; at++) {
      const code = source.charCodeAt(at);
      if (code < 128) {
        if (isWordPart[code]) continue;
        if (code !== 92) return at;
        // \u{1d4d0} or \u0061
        at = source.charCodeAt(at + 2) === 123 ? source.indexOf("}", at) : at + 5;
      } else if (Number.isNaN(code) || code === 0x2028 || code === 0x2029 || code === 0xfeff || isWideBlank(code)) {
        return at;
      }
    }
  }

  private endOfString(from: number, quote: number): number {
    const { source } = this;
    for (let at = from; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === quote) return at + 1;
      if (code === 92) at++;
    }
    throw new ScanError("string without end");
  }

  private endOfNumber(from: number): number {
    const { source } = this;
    const radix = source.charCodeAt(from) === 48 && /[xXoObB]/.test(source[from + 1] ?? "");
    let at = from;
    for (; ; at++) {
      const code = source.charCodeAt(at);
      if (code < 128 && isWordPart[code]) {
        const isExponent = !radix && (code === 101 || code === 69);
        const sign = source.charCodeAt(at + 1);
        if (isExponent && (sign === 43 || sign === 45)) at++;
      } else if (code !== 46 || radix || this.isSecondDot(from, at)) return at;
    }
  }

  /** In `1..toString()` and `1.5.toFixed()` the second dot is a member access. */
  private isSecondDot(from: number, at: number): boolean {
    return /[.eE_n]/.test(this.source.slice(from, at));
  }

  private punctLength(at: number, code: number): number {
    const { source } = this;
    switch (code) {
      // ( ) , : ; @ [ ] { } ~
      case 40:
      case 41:
      case 44:
      case 58:
      case 59:
      case 64:
      case 91:
      case 93:
      case 123:
      case 125:
      case 126:
        return 1;
      case 46: // . ...
        return source.startsWith("...", at) ? 3 : 1;
      case 63: // ? ?. ?? ??=
        if (source.charCodeAt(at + 1) === 46 && !isDigit(source.charCodeAt(at + 2))) return 2;
        if (source.charCodeAt(at + 1) !== 63) return 1;
        return source.charCodeAt(at + 2) === 61 ? 3 : 2;
      case 61: // = == === =>
        if (source.charCodeAt(at + 1) === 62) return 2;
        if (source.charCodeAt(at + 1) !== 61) return 1;
        return source.charCodeAt(at + 2) === 61 ? 3 : 2;
      case 33: // ! != !==
        if (source.charCodeAt(at + 1) !== 61) return 1;
        return source.charCodeAt(at + 2) === 61 ? 3 : 2;
      default: {
        // the rest may be doubled (++ && ** >>>) and may end in =
        let length = 1;
        const doubles =
          code === 43 || code === 45 || code === 38 || code === 124 || code === 42 || code === 60 || code === 62;
        if (doubles && source.charCodeAt(at + 1) === code) {
          length = 2;
          if (code === 62 && source.charCodeAt(at + 2) === 62) length = 3;
          if (code === 43 || code === 45) return 2;
        }
        return source.charCodeAt(at + length) === 61 ? length + 1 : length;
      }
    }
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWideBlank(code: number): boolean {
  return code === 0xa0 || (code >= 0x1680 && /^\p{Zs}$/u.test(String.fromCharCode(code)));
}

function endOfLine(source: string, from: number): number {
  for (let at = from; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === 10 || code === 13 || code === 0x2028 || code === 0x2029) return at;
  }
  return source.length;
}

function unescapeWord(word: string): string {
  return word.replace(/\\u(?:\{([\da-fA-F]+)\}|([\da-fA-F]{4}))/g, (_, long, short) =>
    String.fromCodePoint(Number.parseInt(long ?? short, 16)),
  );
}
