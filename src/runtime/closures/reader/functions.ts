/** Reads functions other than arrows, their parameters, and classes. */
import { ExpressionReader } from "./expressions.ts";
import type { ClassFacts, Scope } from "./scope-types.ts";

export abstract class FunctionReader extends ExpressionReader {
  protected abstract statement(): void;
  protected abstract parenthesised(): void;

  /**
   * A name or a destructuring pattern that declares names in `scope`, with its default. `parameters` is given when it belongs to the
   * parameters of that function, whose defaults are noted.
   */
  protected bindingElement(scope: Scope, parameters?: Scope): void {
    const name = this.bindingPattern(scope, parameters);
    if (this.eat("=")) this.defaultValue(name, parameters);
  }

  protected defaultValue(name: string | undefined, parameters?: Scope): void {
    const from = this.lexer.start;
    this.assignment();
    if (!parameters) return;
    const list = this.defaults.get(parameters);
    const place: [number, number, string | undefined] = [from, this.lexer.lastEnd, name];
    if (list) list.push(place);
    else this.defaults.set(parameters, [place]);
  }

  protected bindingPattern(scope: Scope, parameters?: Scope): string | undefined {
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

  protected functionExpression(start: number): void {
    const { lexer } = this;
    lexer.next();
    this.eat("*");
    if (lexer.type === "word") {
      this.open("block");
      const name = this.takeWord();
      this.declare(name);
      this.functionRest(start);
      this.close();
      const f = this.lastFunction;
      if (f) this.lastFunction = { ...f, references: f.references.filter((reference) => reference.name !== name) };
    } else this.functionRest(start);
  }

  /** Parameters and body of anything but an arrow. */
  protected functionRest(start: number): void {
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

  protected functionBody(): void {
    const outer = this.scope;
    this.open("body");
    this.bodies.set(outer, { from: this.lexer.start });
    this.expect("{");
    while (!this.is("}")) this.statement();
    this.lexer.next();
    this.close();
  }

  // Classes.

  protected decorators(): void {
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

  protected classLike(isDeclaration: boolean): void {
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

  protected member(facts: ClassFacts): void {
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

  protected lexerEndsKey(): boolean {
    const code = this.lexer.peekCode();
    return code === 40 || code === 61 || code === 59 || code === 125 || this.lexer.newlineAhead;
  }

  protected staticBlock(): void {
    const scope = this.open("function");
    for (const name of ["this", "arguments", "new.target", "super"]) scope.names.add(name);
    this.functionDepth++;
    this.functionBody();
    this.functionDepth--;
    this.close();
    this.bodies.delete(scope);
  }
}
