/**
 * Which names a piece of JavaScript uses and where they belong, without building a tree: one pass over the tokens, a scope at a
 * time. For code that is known to be valid. names.ts asks it about one function, rewrite.ts about a whole module.
 *
 * `this`, `arguments`, `new.target` and `super` are treated as names that every function but an arrow declares, so that one
 * rule tells where they belong.
 */
import { Lexer, ScanError } from "./tokens.ts";

export type ScopeKind = "module" | "function" | "arrow" | "body" | "block" | "class" | "field";

export interface Reference {
  readonly name: string;
  readonly at: number;
  write: boolean;
  /** `typeof name`: harmless when there is no such name. */
  readonly guarded: boolean;
  /** It stands in an arrow inside the scope where it is now. */
  inArrow: boolean;
}

export interface Scope {
  readonly kind: ScopeKind;
  readonly parent: Scope | undefined;
  readonly names: Set<string>;
  references: Reference[];
  /** Where its text starts. */
  readonly start: number;
}

export interface Member {
  /** Undefined when it is computed. */
  readonly name: string | undefined;
  readonly isStatic: boolean;
  readonly kind: "method" | "get" | "set" | "field" | "block";
}

export interface ClassFacts {
  readonly start: number;
  end: number;
  readonly members: Member[];
  /** The expression after `extends`. */
  heritage: [from: number, to: number] | undefined;
  /** Computed keys: their names are used when the class is defined, and by no function. */
  readonly keys: [from: number, to: number][];
  /** Static fields and blocks, which run when the class is defined. */
  readonly early: [from: number, to: number][];
  hasConstructor: boolean;
}

export interface ImportBinding {
  readonly specifier: string;
  /** "default", "*" for the namespace, else the name of the export. */
  readonly exported: string;
}

/** What rewrite.ts wants to hear while a module is read. */
export interface Listener {
  /** A scope that is no arrow has an arrow that uses its `this`. `from` and `to` are the text that needs it. */
  thisInArrow?(where: "body" | "parameter" | "field", from: number, to: number, name: string | undefined): void;
  statement?(keyword: string, scope: Scope): void;
}

export class ScopeReader {
  readonly lexer: Lexer;
  scope: Scope;
  readonly classes: ClassFacts[] = [];
  readonly imports = new Map<string, ImportBinding>();
  /** `#name`s that no class inside the text declares. */
  readonly freePrivateNames = new Set<string>();
  /** Places of `import.meta` and of `import(`: [start, end]. */
  readonly metas: [number, number][] = [];
  readonly dynamicImports: number[] = [];
  hasDirectEval = false;
  /** Names that are assigned to somewhere, whichever variable of that name it is. Initialising `let` and `const` is none. */
  readonly assignedNames = new Set<string>();
  hasDecorators = false;
  hasTopLevelAwait = false;
  hasModuleSyntax = false;
  private readonly listener: Listener;
  private privateScopes: Set<string>[] = [];
  private pendingPrivate: { name: string; depth: number }[] = [];

  constructor(source: string, listener: Listener = {}) {
    this.listener = listener;
    this.scope = { kind: "module", parent: undefined, names: new Set(), references: [], start: 0 };
    this.lexer = new Lexer(source);
  }

  /** Reads a whole module or script. Afterwards `scope` has its names, and references that it does not declare. */
  program(): void {
    while (this.lexer.type !== "end") this.statement();
    for (const reference of this.scope.references) if (reference.write) this.assignedNames.add(reference.name);
    this.scope.references = this.scope.references.filter((reference) => !this.scope.names.has(reference.name));
    this.settlePrivateNames();
  }

  /** Reads import declarations for as long as there are any. */
  leadingImports(): void {
    while (this.isWord("import") && this.isImportDeclaration()) this.importDeclaration();
  }

  /** Reads one expression up to the end of the text. */
  onlyExpression(): void {
    this.expression();
    if (this.lexer.type !== "end") throw new ScanError("text after the expression");
    this.settlePrivateNames();
  }

  // Scopes.

  private open(kind: ScopeKind, start = this.lexer.start): Scope {
    this.scope = { kind, parent: this.scope, names: new Set(), references: [], start };
    return this.scope;
  }

  /** Ends the current scope: what it does not declare belongs further out. */
  private close(end = this.lexer.lastEnd): void {
    const { scope } = this;
    const parent = scope.parent as Scope;
    const isFunction = scope.kind === "function" || scope.kind === "field";
    for (const reference of scope.references) {
      if (reference.write) this.assignedNames.add(reference.name);
      if (scope.names.has(reference.name)) {
        if (isFunction && reference.inArrow && reference.name === "this") this.thisReached(scope, reference, end);
        continue;
      }
      if (scope.kind === "arrow") reference.inArrow = true;
      parent.references.push(reference);
    }
    this.scope = parent;
  }

  private thisReached(scope: Scope, reference: Reference, end: number): void {
    const body = this.bodies.get(scope);
    const inBody = body !== undefined && reference.at >= body.from;
    if (scope.kind === "field") this.listener.thisInArrow?.("field", scope.start, end, this.fieldName);
    else if (inBody) this.listener.thisInArrow?.("body", body.from, end, undefined);
    else {
      const place = this.defaults.get(scope)?.find(([from, to]) => reference.at >= from && reference.at < to);
      if (place) this.listener.thisInArrow?.("parameter", place[0], place[1], place[2]);
    }
  }
  private bodies = new Map<Scope, { from: number }>();
  private defaults = new Map<Scope, [from: number, to: number, name: string | undefined][]>();

  private declare(name: string, scope = this.scope): void {
    scope.names.add(name);
  }

  private varScope(): Scope {
    let { scope } = this;
    while (scope.kind === "block" || scope.kind === "class") scope = scope.parent as Scope;
    return scope;
  }

  private refer(name: string, at: number, guarded = false): Reference {
    const reference = { name, at, write: false, guarded, inArrow: false };
    this.scope.references.push(reference);
    return reference;
  }

  // Tokens.

  private is(punct: string): boolean {
    return this.lexer.type === "punct" && this.lexer.value === punct;
  }

  private isWord(word: string): boolean {
    return this.lexer.type === "word" && this.lexer.value === word;
  }

  private eat(punct: string): boolean {
    if (!this.is(punct)) return false;
    this.lexer.next();
    return true;
  }

  private expect(punct: string): void {
    if (!this.eat(punct)) throw new ScanError(`expected ${punct} at ${this.lexer.start}`);
  }

  private eatWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.lexer.next();
    return true;
  }

  private takeWord(): string {
    if (this.lexer.type !== "word") throw new ScanError(`expected a name at ${this.lexer.start}`);
    const { value } = this.lexer;
    this.lexer.next();
    return value;
  }

  private atEnd(): boolean {
    return this.lexer.type === "end";
  }

  // Statements.

  private statement(): void {
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
        if (!lexer.newline && !this.is(";") && !this.is("}") && !this.atEnd()) this.expression();
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

  private expressionStatement(): void {
    this.expression();
    this.eat(";");
  }

  private block(): void {
    this.open("block");
    this.expect("{");
    while (!this.is("}")) this.statement();
    this.lexer.next();
    this.close();
  }

  private parenthesised(): void {
    this.expect("(");
    this.expression();
    this.expect(")");
  }

  /** The word after the current token, or "". */
  private wordAhead(): string {
    const code = this.lexer.peekCode();
    if (!(code >= 97 && code <= 122)) return "";
    return /[\w$]+/y.exec(this.lexer.source.slice(this.lexer.peekedAt, this.lexer.peekedAt + 12))?.[0] ?? "";
  }

  private startsDeclaration(): boolean {
    const code = this.lexer.peekCode();
    if (code === 91 || code === 123) return true;
    if (code < 128 && !/[\w$\\]/.test(String.fromCharCode(code))) return false;
    const word = this.wordAhead();
    return !Number.isNaN(code) && word !== "in" && word !== "of" && word !== "instanceof";
  }

  /** `using x = …`, where `using` may also be a plain name. */
  private startsUsing(): boolean {
    const code = this.lexer.peekCode();
    if (this.lexer.newlineAhead || !(code >= 128 || /[A-Za-z_$]/.test(String.fromCharCode(code)))) return false;
    const word = this.wordAhead();
    return word !== "in" && word !== "instanceof" && !(word === "of" && /^of\s*[^=\s]/.test(this.rest()));
  }

  private rest(): string {
    return this.lexer.source.slice(this.lexer.peekedAt, this.lexer.peekedAt + 40);
  }

  private declarations(keyword: string): void {
    const scope = keyword === "var" ? this.varScope() : this.scope;
    do {
      const name = this.bindingPattern(scope);
      if (!this.eat("=")) continue;
      this.assignment();
      // A second `var` of the same name is an assignment.
      if (keyword === "var" && name !== undefined) this.assignedNames.add(name);
    } while (this.eat(","));
  }

  /**
   * A name or a destructuring pattern that declares names in `scope`, with its default. `parameters` is given when it belongs to the
   * parameters of that function, whose defaults are noted.
   */
  private bindingElement(scope: Scope, parameters?: Scope): void {
    const name = this.bindingPattern(scope, parameters);
    if (this.eat("=")) this.defaultValue(name, parameters);
  }

  private defaultValue(name: string | undefined, parameters?: Scope): void {
    const from = this.lexer.start;
    this.assignment();
    if (!parameters) return;
    const list = this.defaults.get(parameters);
    const place: [number, number, string | undefined] = [from, this.lexer.lastEnd, name];
    if (list) list.push(place);
    else this.defaults.set(parameters, [place]);
  }

  private bindingPattern(scope: Scope, parameters?: Scope): string | undefined {
    if (this.eat("[")) {
      while (!this.eat("]")) {
        if (this.eat(",")) continue;
        this.eat("...");
        this.bindingElement(scope, parameters);
      }
    } else if (this.eat("{")) {
      while (!this.eat("}")) {
        if (this.eat(",")) continue;
        if (this.eat("...")) {
          this.bindingPattern(scope, parameters);
          continue;
        }
        const name = this.propertyKey();
        if (this.eat(":")) {
          this.bindingElement(scope, parameters);
          continue;
        }
        if (name !== undefined) this.declare(name, scope);
        if (this.eat("=")) this.defaultValue(name, parameters);
      }
    } else {
      const name = this.takeWord();
      this.declare(name, scope);
      return name;
    }
    return undefined;
  }

  private forStatement(): void {
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

  private switchStatement(): void {
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

  private tryStatement(): void {
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

  private functionDeclaration(): void {
    const start = this.lexer.start;
    this.eatWord("async");
    this.lexer.next();
    this.eat("*");
    if (!this.is("(")) this.declare(this.takeWord());
    this.functionRest(start);
  }

  private isImportDeclaration(): boolean {
    const code = this.lexer.peekCode();
    return code !== 40 && code !== 46;
  }

  private importDeclaration(): void {
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
    const specifier = this.stringValue();
    lexer.next();
    if (this.eatWord("with") || (this.isWord("assert") && !lexer.newline && this.eatWord("assert")))
      this.objectLiteral();
    this.eat(";");
    for (const [local, exported] of found) {
      this.declare(local);
      this.imports.set(local, { specifier, exported });
    }
  }

  private eatFrom(): void {
    const code = this.lexer.peekCode();
    if (code === 34 || code === 39) this.lexer.next();
  }

  private exportName(): string {
    if (this.lexer.type !== "string") return this.takeWord();
    const name = this.stringValue();
    this.lexer.next();
    return name;
  }

  private stringValue(): string {
    const text = this.lexer.source.slice(this.lexer.start + 1, this.lexer.end - 1);
    return text.includes("\\")
      ? (JSON.parse(`"${text.replace(/\\'/g, "'").replace(/(?<!\\)"/g, '\\"')}"`) as string)
      : text;
  }

  private exportDeclaration(): void {
    const { lexer } = this;
    this.hasModuleSyntax = true;
    lexer.next();
    if (this.eat("*")) {
      if (this.eatWord("as")) this.exportName();
      this.eatWord("from");
      lexer.next();
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
        lexer.next();
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

  // Expressions. Each gives the references that would be bound if it were a destructuring pattern.

  private expression(allowIn = true): Reference[] | undefined {
    let targets = this.assignment(allowIn);
    while (this.eat(",")) targets = this.assignment(allowIn);
    return targets;
  }

  private assignment(allowIn = true): Reference[] | undefined {
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
  private unary(): Reference[] | "arrow" | undefined {
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
  private functionDepth = 0;

  private canFollowAwait(code: number): boolean {
    // Not followed by an operator or the end of an expression: `await x`, `await (x)`, `await [x]`, `await "x"`.
    if (code >= 128 || code === 92) return true;
    const char = String.fromCharCode(code);
    if (/[\w$("'`[{#+\-!~/]/.test(char)) return !/^(?:in|of|instanceof)\b/.test(this.rest());
    return false;
  }

  private startsOperand(): boolean {
    const { lexer } = this;
    if (lexer.newline || lexer.type === "end") return false;
    if (lexer.type === "punct") return /^(?:[([{!~+\-/@]|\+\+|--|\/=)$/.test(lexer.value);
    return !(lexer.type === "word" && (lexer.value === "in" || lexer.value === "of"));
  }

  private operand(guarded: boolean): Reference[] | "arrow" | undefined {
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

  private postfix(first: Reference[] | undefined): Reference[] | undefined {
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
          case "(":
            lexer.next();
            this.list(")");
            break;
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

  private wordOperand(guarded: boolean): Reference[] | "arrow" | undefined {
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
            this.scope.references.splice(at, 0, {
              name: "async",
              at: start,
              write: false,
              guarded: false,
              inArrow: false,
            });
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
    return [this.refer(value, start, guarded)];
  }

  private importExpression(start: number): undefined {
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

  /** Items up to `close`, which is eaten. */
  private list(close: string): Reference[] {
    const targets: Reference[] = [];
    while (!this.eat(close)) {
      if (this.eat(",")) continue;
      this.eat("...");
      targets.push(...(this.assignment() ?? []));
      if (!this.is(close)) this.expect(",");
    }
    return targets;
  }

  private arrayLiteral(): Reference[] {
    this.expect("[");
    return this.list("]");
  }

  private objectLiteral(): Reference[] {
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

  /** `async`, `get`, `set`, `*` before a key. Gives "get" or "set" or "method", or "" when there is none. */
  private modifiers(): string {
    const { lexer } = this;
    let kind = "";
    for (;;) {
      if (this.is("*")) {
        lexer.next();
        kind = "method";
        continue;
      }
      if (lexer.type !== "word") return kind;
      const { value } = lexer;
      if (value !== "async" && value !== "get" && value !== "set") return kind;
      const code = lexer.peekCode();
      // ( , : = } ; end: then the word itself is the key.
      if (code === 40 || code === 44 || code === 58 || code === 61 || code === 125 || code === 59) return kind;
      if (Number.isNaN(code) || (value === "async" && lexer.newlineAhead)) return kind;
      if (value !== "async" && code === 42) return kind;
      lexer.next();
      kind = value === "async" ? "method" : value;
    }
  }

  /** Eats a property key. Gives its name when it is not computed. */
  private propertyKey(): string | undefined {
    const { lexer } = this;
    if (this.eat("[")) {
      this.assignment();
      this.expect("]");
      return undefined;
    }
    let name: string | undefined;
    if (lexer.type === "word" || lexer.type === "private") name = lexer.value;
    else if (lexer.type === "string") name = this.stringValue();
    else if (lexer.type === "number") {
      const text = lexer.source.slice(lexer.start, lexer.end).replaceAll("_", "");
      name = text.endsWith("n") ? text.slice(0, -1) : String(Number(text));
    } else throw new ScanError(`expected a key at ${lexer.start}`);
    lexer.next();
    return name;
  }

  private template(): void {
    const { lexer } = this;
    let more = lexer.templateText(lexer.start + 1);
    while (more) {
      this.expression();
      if (!this.is("}")) throw new ScanError("template");
      more = lexer.templateText(lexer.start + 1);
    }
  }

  // Functions.

  private parenthesisedOrArrow(start: number): boolean {
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
  private arrowAfter(start: number, parameters: readonly string[], from: number): void {
    const references = this.scope.references.splice(from);
    const scope = this.open("arrow", start);
    scope.references = references;
    for (const name of parameters) scope.names.add(name);
    this.expect("=>");
    this.functionDepth++;
    if (this.is("{")) this.functionBody();
    else this.assignment();
    this.functionDepth--;
    this.close();
  }

  private functionExpression(start: number): void {
    const { lexer } = this;
    lexer.next();
    this.eat("*");
    if (lexer.type === "word") {
      this.open("block");
      this.declare(this.takeWord());
      this.functionRest(start);
      this.close();
    } else this.functionRest(start);
  }

  /** Parameters and body of anything but an arrow. */
  private functionRest(start: number): void {
    const scope = this.open("function", start);
    for (const name of ["this", "arguments", "new.target", "super"]) scope.names.add(name);
    this.functionDepth++;
    this.expect("(");
    while (!this.eat(")")) {
      if (this.eat(",")) continue;
      this.eat("...");
      this.bindingElement(scope, scope);
    }
    this.functionBody();
    this.functionDepth--;
    this.close();
    this.bodies.delete(scope);
    this.defaults.delete(scope);
  }

  private functionBody(): void {
    const outer = this.scope;
    this.open("body");
    this.bodies.set(outer, { from: this.lexer.start });
    this.expect("{");
    while (!this.is("}")) this.statement();
    this.lexer.next();
    this.close();
  }

  // Classes.

  private decorators(): void {
    while (this.eat("@")) {
      this.hasDecorators = true;
      if (this.is("(")) this.parenthesised();
      else {
        this.refer(this.takeWord(), this.lexer.start);
        while (this.eat(".")) this.lexer.next();
        if (this.eat("(")) this.list(")");
      }
    }
  }

  private classLike(isDeclaration: boolean): void {
    const { lexer } = this;
    const facts: ClassFacts = {
      start: lexer.start,
      end: 0,
      members: [],
      heritage: undefined,
      keys: [],
      early: [],
      hasConstructor: false,
    };
    lexer.next();
    const named = lexer.type === "word" && lexer.value !== "extends";
    const name = named ? this.takeWord() : undefined;
    if (name !== undefined && isDeclaration) this.declare(name);
    this.open("class");
    if (name !== undefined) this.declare(name);
    if (this.eatWord("extends")) {
      const from = lexer.start;
      this.unary();
      facts.heritage = [from, lexer.lastEnd];
    }
    this.privateScopes.push(new Set());
    this.expect("{");
    while (!this.eat("}")) this.member(facts);
    facts.end = lexer.lastEnd;
    this.settlePrivateNames();
    this.privateScopes.pop();
    this.close();
    this.classes.push(facts);
  }

  private member(facts: ClassFacts): void {
    const { lexer } = this;
    if (this.eat(";")) return;
    this.decorators();
    const { start } = lexer;
    let isStatic = false;
    if (this.isWord("static")) {
      const code = lexer.peekCode();
      if (code === 123) {
        lexer.next();
        facts.members.push({ name: undefined, isStatic: true, kind: "block" });
        this.staticBlock();
        facts.early.push([start, lexer.lastEnd]);
        return;
      }
      if (code !== 40 && code !== 61 && code !== 59 && code !== 125) {
        isStatic = true;
        lexer.next();
      }
    }
    if (this.isWord("accessor") && !this.lexerEndsKey()) {
      this.hasDecorators = true;
      lexer.next();
    }
    const modifier = this.modifiers();
    if (lexer.type === "private") this.privateScopes.at(-1)?.add(lexer.value);
    const isConstructor = !isStatic && !modifier && lexer.value === "constructor" && lexer.type === "word";
    const keyFrom = lexer.start;
    const name = this.propertyKey();
    if (name === undefined) facts.keys.push([keyFrom, lexer.lastEnd]);
    if (this.is("(")) {
      const kind = modifier === "get" || modifier === "set" ? modifier : "method";
      if (isConstructor) facts.hasConstructor = true;
      else facts.members.push({ name, isStatic, kind });
      return this.functionRest(start);
    }
    facts.members.push({ name, isStatic, kind: "field" });
    const outerField = this.fieldName;
    if (this.eat("=")) {
      const scope = this.open("field");
      for (const word of ["this", "arguments", "new.target", "super"]) scope.names.add(word);
      this.functionDepth++;
      this.assignment();
      this.functionDepth--;
      this.fieldName = name;
      if (isStatic) facts.early.push([start, lexer.lastEnd]);
      this.close();
    }
    this.fieldName = outerField;
    this.eat(";");
  }

  /** Of the field whose scope is closing. */
  private fieldName: string | undefined;

  private lexerEndsKey(): boolean {
    const code = this.lexer.peekCode();
    return code === 40 || code === 61 || code === 59 || code === 125 || this.lexer.newlineAhead;
  }

  private staticBlock(): void {
    const scope = this.open("function");
    for (const name of ["this", "arguments", "new.target", "super"]) scope.names.add(name);
    this.functionDepth++;
    this.functionBody();
    this.functionDepth--;
    this.close();
    this.bodies.delete(scope);
  }

  // #private names: a class may use one before it declares it.

  private usePrivate(name: string): void {
    this.pendingPrivate.push({ name, depth: this.privateScopes.length });
  }

  private settlePrivateNames(): void {
    const depth = this.privateScopes.length;
    const declared = this.privateScopes.at(-1);
    this.pendingPrivate = this.pendingPrivate.filter((use) => {
      if (use.depth < depth) return true;
      if (declared?.has(use.name)) return false;
      if (depth === 0) this.freePrivateNames.add(use.name);
      else use.depth = depth - 1;
      return depth > 0;
    });
  }
}

function isAssignment(punct: string): boolean {
  switch (punct) {
    case "=":
    case "+=":
    case "-=":
    case "*=":
    case "/=":
    case "%=":
    case "**=":
    case "<<=":
    case ">>=":
    case ">>>=":
    case "&=":
    case "|=":
    case "^=":
    case "&&=":
    case "||=":
    case "??=":
      return true;
    default:
      return false;
  }
}

function isBinary(punct: string): boolean {
  switch (punct) {
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
    case "**":
    case "<<":
    case ">>":
    case ">>>":
    case "&":
    case "|":
    case "^":
    case "&&":
    case "||":
    case "??":
    case "==":
    case "!=":
    case "===":
    case "!==":
    case "<":
    case ">":
    case "<=":
    case ">=":
      return true;
    default:
      return false;
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
