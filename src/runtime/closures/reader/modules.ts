/** Reads what only modules have: import and export declarations. */
import { FunctionReader } from "./functions.ts";
import { ScanError } from "./tokens.ts";

export abstract class ModuleReader extends FunctionReader {
  protected abstract functionDeclaration(): void;

  protected isExporting = false;

  /** Reads import declarations for as long as there are any. */
  leadingImports(): void {
    while (this.isWord("import") && this.isImportDeclaration()) this.importDeclaration();
  }

  protected isImportDeclaration(): boolean {
    const code = this.lexer.peekCode();
    return code !== 40 && code !== 46;
  }

  protected importDeclaration(): void {
    const { lexer } = this;
    this.hasModuleSyntax = true;
    lexer.next();
    const found: [local: string, exported: string][] = [];
    if ((this.isWord("defer") || this.isWord("source")) && this.wordAhead() !== "from" && lexer.peekCode() !== 44)
      lexer.next();
    while (lexer.type !== "string") {
      if (this.eat("*")) {
        this.eatWord("as");
        found.push([this.takeWord(), "*"]);
      } else if (this.eat("{")) {
        while (!this.eat("}")) {
          const exported = this.exportName();
          found.push([this.eatWord("as") ? this.takeWord() : exported, exported]);
          this.eat(",");
        }
      } else if (lexer.type === "word") found.push([this.takeWord(), "default"]);
      else throw new ScanError("import");
      this.eat(",");
      if (this.isWord("from") && lexer.source.charCodeAt(lexer.peekedAt) !== 44) this.eatFrom();
    }
    const specifier = this.takeSpecifier();
    if (this.eatWord("with") || (this.isWord("assert") && !lexer.newline && this.eatWord("assert")))
      this.objectLiteral();
    this.eat(";");
    for (const [local, exported] of found) {
      this.declare(local);
      this.imports.set(local, { specifier, exported });
    }
  }

  protected takeSpecifier(): string {
    const specifier = this.stringValue();
    this.specifiers.push({ specifier, at: this.lexer.start + 1 });
    this.lexer.next();
    return specifier;
  }

  protected eatFrom(): void {
    const code = this.lexer.peekCode();
    if (code === 34 || code === 39) this.lexer.next();
  }

  protected exportName(): string {
    if (this.lexer.type !== "string") return this.takeWord();
    const name = this.stringValue();
    this.lexer.next();
    return name;
  }

  protected exportDeclaration(): void {
    this.isExporting = true;
    this.exported();
    this.isExporting = false;
  }

  private exported(): void {
    const { lexer } = this;
    this.hasModuleSyntax = true;
    lexer.next();
    if (this.eat("*")) {
      if (this.eatWord("as")) this.exportName();
      this.eatWord("from");
      this.takeSpecifier();
      if (this.eatWord("with")) this.objectLiteral();
      this.eat(";");
    } else if (this.eat("{")) {
      const local: [string, number][] = [];
      while (!this.eat("}")) {
        const at = lexer.start;
        local.push([this.exportName(), at]);
        if (this.eatWord("as")) this.exportName();
        this.eat(",");
      }
      if (this.eatWord("from")) {
        this.takeSpecifier();
        if (this.eatWord("with")) this.objectLiteral();
      } else for (const [name, at] of local) this.refer(name, at);
      this.eat(";");
    } else if (this.eatWord("default")) {
      if (this.isWord("function") || (this.isWord("async") && this.wordAhead() === "function" && !lexer.newlineAhead)) {
        this.functionDeclaration();
      } else if (this.isWord("class") || this.is("@")) {
        this.decorators();
        this.classLike(true);
      } else {
        this.assignment();
        this.eat(";");
      }
    } else this.statement();
  }
}
