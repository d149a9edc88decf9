/** Reads expressions. Each gives the references that would be bound if it were a destructuring pattern. */

import { KeyReader } from "./keys.ts";
import { isAssignment, isBinary } from "./operators.ts";
import type { Reference, Written } from "./scope-types.ts";
import { ScanError } from "./tokens.ts";

export abstract class ExpressionReader extends KeyReader {
  protected functionDepth = 0;

  protected abstract functionBody(): void;
  protected abstract functionRest(start: number): void;
  protected abstract functionExpression(start: number): void;
  protected abstract decorators(): void;
  protected abstract classLike(isDeclaration: boolean): void;

  protected expression(allowIn = true): Reference[] | undefined {
    let targets = this.assignment(allowIn);
    while (this.eat(",")) targets = this.assignment(allowIn);
    return targets;
  }

  protected assignment(allowIn = true): Reference[] | undefined {
    const { lexer } = this;
    let targets: Reference[] | undefined;
    for (let first = true; ; first = false) {
      const operand = this.unary();
      if (operand === "arrow") return undefined;
      if (first) targets = operand;
      if (lexer.type === "punct") {
        const { value } = lexer;
        if (isAssignment(value)) {
          for (const target of operand ?? []) target.write = true;
          lexer.next();
          continue;
        }
        if (value === "?") {
          lexer.next();
          this.assignment();
          this.expect(":");
          this.assignment(allowIn);
          return undefined;
        }
        if (!isBinary(value)) return targets;
        lexer.next();
      } else if (this.isWord("instanceof") || (allowIn && this.isWord("in"))) lexer.next();
      else return targets;
      if (first) targets = undefined;
    }
  }

  /** Prefix operators, an operand, and what follows it. */
  protected unary(): Reference[] | "arrow" | undefined {
    const { lexer } = this;
    let updates = false;
    let guarded = false;
    let prefixed = false;
    for (;;) {
      if (lexer.type === "punct") {
        const { value } = lexer;
        if (value === "++" || value === "--") updates = true;
        else if (value !== "!" && value !== "~" && value !== "+" && value !== "-") break;
      } else if (lexer.type === "word") {
        const { value } = lexer;
        guarded = value === "typeof";
        if (value === "yield") {
          lexer.next();
          this.eat("*");
          if (!this.startsOperand()) return undefined;
          prefixed = true;
          continue;
        }
        if (value === "await") {
          const code = lexer.peekCode();
          if (!this.canFollowAwait(code)) break;
          if (this.functionDepth === 0) this.hasTopLevelAwait = true;
        } else if (value !== "typeof" && value !== "void" && value !== "delete") break;
      } else break;
      prefixed = true;
      lexer.next();
    }
    const targets = this.operand(guarded);
    if (targets === "arrow") return prefixed ? undefined : "arrow";
    if (updates) for (const target of targets ?? []) target.write = true;
    return prefixed ? undefined : targets;
  }

  protected canFollowAwait(code: number): boolean {
    // Not followed by an operator or the end of an expression: `await x`, `await (x)`, `await [x]`, `await "x"`.
    if (code >= 128 || code === 92) return true;
    const char = String.fromCharCode(code);
    if (/[\w$("'`[{#+\-!~/]/.test(char)) return !/^(?:in|of|instanceof)\b/.test(this.rest());
    return false;
  }

  protected startsOperand(): boolean {
    const { lexer } = this;
    if (lexer.newline || lexer.type === "end") return false;
    if (lexer.type === "punct") return /^(?:[([{!~+\-/@]|\+\+|--|\/=)$/.test(lexer.value);
    return !(lexer.type === "word" && (lexer.value === "in" || lexer.value === "of"));
  }

  protected operand(guarded: boolean): Reference[] | "arrow" | undefined {
    const { lexer } = this;
    let targets: Reference[] | undefined;
    switch (lexer.type) {
      case "word": {
        const found = this.wordOperand(guarded);
        if (found === "arrow") return "arrow";
        targets = found;
        break;
      }
      case "number":
      case "string":
      case "regex":
        lexer.next();
        break;
      case "template":
        this.template();
        break;
      case "private":
        this.usePrivate(lexer.value);
        lexer.next();
        break;
      case "punct":
        switch (lexer.value) {
          case "(": {
            if (this.parenthesisedOrArrow(lexer.start)) return "arrow";
            break;
          }
          case "[":
            targets = this.arrayLiteral();
            break;
          case "{":
            targets = this.objectLiteral();
            break;
          case "/":
          case "/=":
            lexer.rereadAsRegex();
            lexer.next();
            break;
          case "@":
            this.decorators();
            this.classLike(false);
            break;
          default:
            throw new ScanError(`unexpected ${lexer.value} at ${lexer.start}`);
        }
        break;
      default:
        throw new ScanError(`unexpected end`);
    }
    return this.postfix(targets);
  }

  protected postfix(first: Reference[] | undefined): Reference[] | undefined {
    const { lexer } = this;
    let targets = first;
    for (;;) {
      if (lexer.type === "template") this.template();
      else if (lexer.type !== "punct") return targets;
      else {
        switch (lexer.value) {
          case ".":
          case "?.":
            lexer.next();
            if ((lexer.type as string) === "private") {
              this.usePrivate(lexer.value);
              lexer.next();
            } else if ((lexer.type as string) === "word") lexer.next();
            break;
          case "[":
            lexer.next();
            this.expression();
            this.expect("]");
            break;
          case "(": {
            this.call(targets);
            break;
          }
          case "++":
          case "--":
            if (lexer.newline) return targets;
            for (const target of targets ?? []) target.write = true;
            lexer.next();
            return undefined;
          default:
            return targets;
        }
      }
      targets = undefined;
    }
  }

  protected wordOperand(guarded: boolean): Reference[] | "arrow" | undefined {
    const { lexer } = this;
    const { value, start } = lexer;
    switch (value) {
      case "function":
        this.functionExpression(start);
        return undefined;
      case "class":
        this.classLike(false);
        return undefined;
      case "this":
      case "super":
        lexer.next();
        this.refer(value, start);
        return undefined;
      case "null":
      case "true":
      case "false":
        lexer.next();
        return undefined;
      case "new":
        lexer.next();
        if (this.is(".")) {
          lexer.next();
          lexer.next();
          this.refer("new.target", start);
          return undefined;
        }
        this.unary();
        return undefined;
      case "import":
        return this.importExpression(start);
      case "async": {
        const code = lexer.peekCode();
        if (!lexer.newlineAhead) {
          if (this.wordAhead() === "function" && /^function\b/.test(this.rest())) {
            lexer.next();
            this.functionExpression(start);
            return undefined;
          }
          if (code === 40) {
            lexer.next();
            const at = this.scope.references.length;
            if (this.parenthesisedOrArrow(start)) return "arrow";
            const { references } = this.scope;
            this.refer("async", start);
            references.splice(at, 0, ...references.splice(-1));
            return undefined;
          }
          if (code >= 128 || /[\w$\\]/.test(String.fromCharCode(code))) {
            lexer.next();
            const name = this.takeWord();
            this.arrowAfter(start, [name], this.scope.references.length);
            return "arrow";
          }
        }
        break;
      }
    }
    lexer.next();
    if (this.is("=>") && !lexer.newline) {
      this.arrowAfter(start, [value], this.scope.references.length);
      return "arrow";
    }
    if (value === "eval" && this.is("(")) this.hasDirectEval = true;
    this.lastName = this.refer(value, start, guarded);
    return [this.lastName];
  }

  protected importExpression(start: number): undefined {
    const { lexer } = this;
    lexer.next();
    if (this.is("(")) {
      this.dynamicImports.push(start);
      return undefined;
    }
    this.expect(".");
    if (this.isWord("meta")) {
      this.metas.push([start, lexer.end]);
      this.hasModuleSyntax = true;
    }
    lexer.next();
    return undefined;
  }

  /** The parenthesis of a call. `callee` is what stands before it. */
  private call(callee: Reference[] | undefined): void {
    const { lexer } = this;
    const { flow } = this.listener;
    const word = flow && this.wordBefore();
    lexer.next();
    const args: Written[] = [];
    this.list(")", flow && args);
    const name = callee?.length === 1 ? callee[0] : undefined;
    flow?.call(word, name, args);
    this.lastCall = name && { name, to: lexer.lastEnd };
  }

  /** The name, or the last part of it, that the current token follows. */
  private wordBefore(): string | undefined {
    const { source, lastEnd } = this.lexer;
    return /[\w$]+$/.exec(source.slice(Math.max(0, lastEnd - 20), lastEnd))?.[0];
  }

  /** Items up to `close`, which is eaten. `written` takes what they are. */
  protected list(close: string, written?: Written[]): Reference[] {
    const targets: Reference[] = [];
    while (!this.eat(close)) {
      if (this.eat(",")) continue;
      this.eat("...");
      const from = this.lexer.start;
      targets.push(...(this.assignment() ?? []));
      const item = written && this.writtenFrom(from);
      if (item) written.push(item);
      if (!this.is(close)) this.expect(",");
    }
    return targets;
  }

  protected arrayLiteral(): Reference[] {
    this.expect("[");
    return this.list("]");
  }

  protected objectLiteral(): Reference[] {
    const { lexer } = this;
    const targets: Reference[] = [];
    this.expect("{");
    while (!this.eat("}")) {
      if (this.eat(",")) continue;
      if (this.eat("...")) {
        targets.push(...(this.assignment() ?? []));
        continue;
      }
      const { start, type } = lexer;
      const modifiers = this.modifiers();
      const isWordKey = lexer.type === "word" && !modifiers;
      const key = lexer.value;
      const keyStart = lexer.start;
      this.propertyKey();
      if (this.is("(")) this.functionRest(start);
      else if (this.eat(":")) targets.push(...(this.assignment() ?? []));
      else if (isWordKey && type === "word") {
        const reference = this.refer(key, keyStart);
        targets.push(reference);
        if (this.eat("=")) this.assignment();
      } else throw new ScanError("object literal");
    }
    return targets;
  }

  protected template(): void {
    const { lexer } = this;
    let more = lexer.templateText(lexer.start + 1);
    while (more) {
      this.expression();
      if (!this.is("}")) throw new ScanError("template");
      more = lexer.templateText(lexer.start + 1);
    }
  }

  // Arrows, which look like parenthesised expressions until the arrow comes.

  protected parenthesisedOrArrow(start: number): boolean {
    const { lexer } = this;
    const from = this.scope.references.length;
    this.expect("(");
    const targets = this.list(")");
    if (!this.is("=>") || lexer.newline) {
      return false;
    }
    const bound = new Set(targets);
    const names = targets.map((target) => target.name);
    const references = this.scope.references;
    const kept = references.splice(from).filter((reference) => !bound.has(reference));
    references.push(...kept);
    this.arrowAfter(start, names, from);
    return true;
  }

  /** The current token is `=>`; references from index `from` on stand in the parameters. */
  protected arrowAfter(start: number, parameters: readonly string[], from: number): void {
    const references = this.scope.references.splice(from);
    const scope = this.open("arrow", start);
    scope.references = references;
    for (const name of parameters) scope.names.add(name);
    this.expect("=>");
    this.functionDepth++;
    if (this.is("{")) this.functionBody();
    else {
      const from = this.lexer.start;
      this.assignment();
      this.returns(start, from);
    }
    this.functionDepth--;
    this.close();
  }

  /** The function that starts at `start` gives the value of the expression from `from` to here. */
  protected returns(start: number, from: number): void {
    const { flow } = this.listener;
    const value = flow && this.writtenFrom(from);
    if (value) flow.returned(start, value);
  }
}
