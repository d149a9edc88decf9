/**
 * Which names a piece of JavaScript uses and where they belong, without building a tree: one pass over the tokens, a scope at a
 * time. For code that is known to be valid. names.ts asks it about one function, rewrite.ts about a whole module.
 *
 * `this`, `arguments`, `new.target` and `super` are treated as names that every function but an arrow declares, so that one
 * rule tells where they belong.
 *
 * The grammar is spread over a chain of classes, each with one part of it: scope-tracker, expressions, functions, modules, and here statements.
 */
import { ModuleReader } from "./modules.ts";
import type { ImportBinding, Scope } from "./scope-types.ts";
import { ScanError } from "./tokens.ts";

export class ScopeReader extends ModuleReader {
  /** Reads a whole module or script. Afterwards `scope` has its names, and references that it does not declare. */
  program(): void {
    while (this.lexer.type !== "end") this.statement();
    for (const reference of this.scope.references) {
      if (reference.write) this.assignedNames.add(reference.name);
      if (this.scope.names.has(reference.name)) reference.declaredBy = this.scope;
    }
    this.scope.references = this.scope.references.filter((reference) => reference.declaredBy !== this.scope);
    this.settlePrivateNames();
  }

  /** Reads one expression up to the end of the text. */
  onlyExpression(): void {
    this.expression();
    if (this.lexer.type !== "end") throw new ScanError("text after the expression");
    this.settlePrivateNames();
  }

  // Statements.

  protected statement(): void {
    const { lexer } = this;
    if (lexer.type === "punct") {
      if (lexer.value === "{") return this.block();
      if (lexer.value === ";") return lexer.next();
      if (lexer.value === "@") {
        this.decorators();
        return this.statement();
      }
    }
    if (lexer.type !== "word") return this.expressionStatement();
    const keyword = lexer.value;
    this.listener.statement?.(keyword, this.scope);
    switch (keyword) {
      case "var":
      case "const":
        lexer.next();
        this.declarations(keyword);
        this.eat(";");
        return;
      case "let":
        if (!this.startsDeclaration()) return this.expressionStatement();
        lexer.next();
        this.declarations(keyword);
        this.eat(";");
        return;
      case "using":
        if (!this.startsUsing()) return this.expressionStatement();
        lexer.next();
        this.declarations("const");
        this.eat(";");
        return;
      case "function":
        return this.functionDeclaration();
      case "class":
        this.classLike(true);
        return;
      case "if":
        lexer.next();
        this.parenthesised();
        this.statement();
        if (this.eatWord("else")) this.statement();
        return;
      case "while":
      case "with":
        lexer.next();
        this.parenthesised();
        return this.statement();
      case "do":
        lexer.next();
        this.statement();
        this.eatWord("while");
        this.parenthesised();
        this.eat(";");
        return;
      case "for":
        return this.forStatement();
      case "switch":
        return this.switchStatement();
      case "try":
        return this.tryStatement();
      case "return":
      case "throw":
        lexer.next();
        if (!lexer.newline && !this.is(";") && !this.is("}") && !this.atEnd()) {
          const from = lexer.start;
          this.expression();
          if (keyword === "return") this.returns(this.functionScope().start, from);
        }
        this.eat(";");
        return;
      case "break":
      case "continue":
        lexer.next();
        if (this.lexer.type === "word" && !lexer.newline) lexer.next();
        this.eat(";");
        return;
      case "debugger":
        lexer.next();
        return;
      case "import":
        if (this.isImportDeclaration()) return this.importDeclaration();
        return this.expressionStatement();
      case "export":
        return this.exportDeclaration();
      case "async":
        if (this.wordAhead() === "function" && !lexer.newlineAhead) return this.functionDeclaration();
        return this.expressionStatement();
      default:
        if (lexer.peekCode() === 58 /* : */) {
          lexer.next();
          lexer.next();
          return this.statement();
        }
        return this.expressionStatement();
    }
  }

  protected expressionStatement(): void {
    this.expression();
    this.eat(";");
  }

  protected block(): void {
    this.open("block");
    this.expect("{");
    while (!this.is("}")) this.statement();
    this.lexer.next();
    this.close();
  }

  protected parenthesised(): void {
    this.expect("(");
    this.expression();
    this.expect(")");
  }

  protected startsDeclaration(): boolean {
    const code = this.lexer.peekCode();
    if (code === 91 || code === 123) return true;
    if (code < 128 && !/[\w$\\]/.test(String.fromCharCode(code))) return false;
    const word = this.wordAhead();
    return !Number.isNaN(code) && word !== "in" && word !== "of" && word !== "instanceof";
  }

  /** `using x = …`, where `using` may also be a plain name. */
  protected startsUsing(): boolean {
    const code = this.lexer.peekCode();
    if (this.lexer.newlineAhead || !(code >= 128 || /[A-Za-z_$]/.test(String.fromCharCode(code)))) return false;
    const word = this.wordAhead();
    return word !== "in" && word !== "instanceof" && !(word === "of" && /^of\s*[^=\s]/.test(this.rest()));
  }

  protected declarations(keyword: string): void {
    const scope = keyword === "var" ? this.varScope() : this.scope;
    do {
      const name = this.bindingPattern(scope);
      if (!this.eat("=")) continue;
      const from = this.lexer.start;
      this.assignment();
      if (name !== undefined) this.declares(scope, name, from, false);
      // A second `var` of the same name is an assignment.
      if (keyword === "var" && name !== undefined) this.assignedNames.add(name);
    } while (this.eat(","));
  }

  protected forStatement(): void {
    const { lexer } = this;
    lexer.next();
    this.eatWord("await");
    this.open("block");
    this.expect("(");
    const keyword = lexer.type === "word" ? lexer.value : "";
    const declares =
      keyword === "var" ||
      keyword === "const" ||
      (keyword === "let" && this.startsDeclaration()) ||
      (keyword === "using" && this.startsUsing()) ||
      (keyword === "await" && this.wordAhead() === "using");
    if (declares) {
      if (keyword === "await") lexer.next();
      lexer.next();
      const scope = keyword === "var" ? this.varScope() : this.scope;
      do {
        this.bindingPattern(scope);
        if (this.eat("=")) this.assignment(false);
      } while (this.eat(","));
    } else if (!this.is(";")) {
      const targets = this.expression(false);
      if (this.isWord("of") || this.isWord("in")) for (const target of targets ?? []) target.write = true;
    }
    if (this.eatWord("of")) this.assignment();
    else if (this.eatWord("in")) this.expression();
    else {
      this.expect(";");
      if (!this.is(";")) this.expression();
      this.expect(";");
      if (!this.is(")")) this.expression();
    }
    this.expect(")");
    this.statement();
    this.close();
  }

  protected switchStatement(): void {
    this.lexer.next();
    this.parenthesised();
    this.open("block");
    this.expect("{");
    while (!this.eat("}")) {
      if (this.eatWord("case")) {
        this.expression();
        this.expect(":");
      } else if (this.isWord("default") && this.lexer.peekCode() === 58) {
        this.lexer.next();
        this.lexer.next();
      } else this.statement();
    }
    this.close();
  }

  protected tryStatement(): void {
    this.lexer.next();
    this.block();
    if (this.eatWord("catch")) {
      this.open("block");
      if (this.eat("(")) {
        this.bindingPattern(this.scope);
        this.expect(")");
      }
      this.block();
      this.close();
    }
    if (this.eatWord("finally")) this.block();
  }

  protected functionDeclaration(): void {
    const start = this.lexer.start;
    this.eatWord("async");
    this.lexer.next();
    this.eat("*");
    const name = this.is("(") ? undefined : this.takeWord();
    if (name !== undefined) this.declare(name);
    this.functionRest(start);
    if (name !== undefined) this.declares(this.scope, name, start, true);
  }

  private declares(scope: Scope, name: string, from: number, isStatement: boolean): void {
    const { flow } = this.listener;
    const value = flow && this.writtenFrom(from);
    const isExported = this.isExporting && scope.kind === "module";
    if (value) flow.declared({ scope, name, value, isStatement, isExported });
  }
}

/** The imports of a module, found by their lines: what else it has is not read. */
export function readImports(code: string): ReadonlyMap<string, ImportBinding> {
  const found = new Map<string, ImportBinding>();
  for (const { index } of code.matchAll(/^[ \t]*import\b(?!\s*[(.])/gm)) {
    const reader = new ScopeReader(code.slice(index));
    try {
      reader.leadingImports();
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
    }
    for (const [name, binding] of reader.imports) found.set(name, binding);
  }
  return found;
}
