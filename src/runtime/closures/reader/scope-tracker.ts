/**
 * Keeps the scopes while a text is read: what each declares, and which names it uses that belong further out. The base of the reader; below are
 * the few words that its grammar is written in.
 */
import type {
  ClassFacts,
  ImportBinding,
  Listener,
  Reference,
  Scope,
  ScopeKind,
  Written,
  WrittenFunction,
} from "./scope-types.ts";
import { Lexer, ScanError } from "./tokens.ts";

export abstract class ScopeTracker {
  readonly lexer: Lexer;
  scope: Scope;
  readonly classes: ClassFacts[] = [];
  readonly imports = new Map<string, ImportBinding>();
  /** What the declarations of the module import or export from, each with the place after its quote. */
  readonly specifiers: { readonly specifier: string; readonly at: number }[] = [];
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
  protected readonly listener: Listener;
  protected privateScopes: Set<string>[] = [];
  protected pendingPrivate: { name: string; depth: number }[] = [];

  constructor(source: string, listener: Listener = {}) {
    this.listener = listener;
    this.scope = { kind: "module", parent: undefined, names: new Set(), references: [], start: 0 };
    this.lexer = new Lexer(source);
  }

  /** Of the class field whose scope is closing. */
  protected fieldName: string | undefined;

  // Scopes.

  protected open(kind: ScopeKind, start = this.lexer.start): Scope {
    this.scope = { kind, parent: this.scope, names: new Set(), references: [], start };
    return this.scope;
  }

  /** Ends the current scope: what it does not declare belongs further out. */
  protected close(end = this.lexer.lastEnd): void {
    const { scope } = this;
    const parent = scope.parent as Scope;
    const isFunction = scope.kind === "function" || scope.kind === "field";
    const from = parent.references.length;
    for (const reference of scope.references) {
      if (reference.write) this.assignedNames.add(reference.name);
      if (scope.names.has(reference.name)) {
        reference.declaredBy = scope;
        if (isFunction && reference.inArrow && reference.name === "this") this.thisReached(scope, reference, end);
        continue;
      }
      if (scope.kind === "arrow") reference.inArrow = true;
      parent.references.push(reference);
    }
    this.scope = parent;
    if (this.listener.flow && (scope.kind === "arrow" || scope.kind === "function")) {
      this.lastFunction = { from: scope.start, to: end, references: parent.references.slice(from) };
    }
  }

  // What was read last, for a listener that wants to know.
  protected lastFunction: WrittenFunction | undefined;
  protected lastName: Reference | undefined;
  protected lastCall: { readonly name: Reference; readonly to: number } | undefined;

  /** What the text from `from` to here is. */
  protected writtenFrom(from: number): Written | undefined {
    const { lastFunction: f, lastName: name, lastCall: call } = this;
    const to = this.lexer.lastEnd;
    if (f?.from === from && f.to === to) return { kind: "function", f };
    if (name?.at === from && from + name.name.length === to) return { kind: "name", name };
    return call?.name.at === from && call.to === to ? { kind: "call", name: call.name } : undefined;
  }

  protected thisReached(scope: Scope, reference: Reference, end: number): void {
    const body = this.bodies.get(scope);
    const inBody = body !== undefined && reference.at >= body.from;
    if (scope.kind === "field") this.listener.thisInArrow?.("field", scope.start, end, this.fieldName);
    else if (inBody) this.listener.thisInArrow?.("body", body.from, end, undefined);
    else {
      const place = this.defaults.get(scope)?.find(([from, to]) => reference.at >= from && reference.at < to);
      if (place) this.listener.thisInArrow?.("parameter", place[0], place[1], place[2]);
    }
  }
  protected bodies = new Map<Scope, { from: number }>();
  protected defaults = new Map<Scope, [from: number, to: number, name: string | undefined][]>();

  protected declare(name: string, scope = this.scope): void {
    scope.names.add(name);
  }

  protected varScope(): Scope {
    let { scope } = this;
    while (scope.kind === "block" || scope.kind === "class") scope = scope.parent as Scope;
    return scope;
  }

  /** The function around, or the module. */
  protected functionScope(): Scope {
    let { scope } = this;
    while (scope.parent && scope.kind !== "function" && scope.kind !== "arrow") scope = scope.parent;
    return scope;
  }

  protected refer(name: string, at: number, guarded = false): Reference {
    const reference = { name, at, write: false, guarded, inArrow: false, declaredBy: undefined };
    this.scope.references.push(reference);
    return reference;
  }

  // Tokens.

  protected is(punct: string): boolean {
    return this.lexer.type === "punct" && this.lexer.value === punct;
  }

  protected isWord(word: string): boolean {
    return this.lexer.type === "word" && this.lexer.value === word;
  }

  protected eat(punct: string): boolean {
    if (!this.is(punct)) return false;
    this.lexer.next();
    return true;
  }

  protected expect(punct: string): void {
    if (!this.eat(punct)) throw new ScanError(`expected ${punct} at ${this.lexer.start}`);
  }

  protected eatWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.lexer.next();
    return true;
  }

  protected takeWord(): string {
    if (this.lexer.type !== "word") throw new ScanError(`expected a name at ${this.lexer.start}`);
    const { value } = this.lexer;
    this.lexer.next();
    return value;
  }

  protected atEnd(): boolean {
    return this.lexer.type === "end";
  }

  /** The word after the current token, or "". */
  protected wordAhead(): string {
    const code = this.lexer.peekCode();
    if (!(code >= 97 && code <= 122)) return "";
    return /[\w$]+/y.exec(this.lexer.source.slice(this.lexer.peekedAt, this.lexer.peekedAt + 12))?.[0] ?? "";
  }

  protected rest(): string {
    return this.lexer.source.slice(this.lexer.peekedAt, this.lexer.peekedAt + 40);
  }

  // #private names: a class may use one before it declares it.

  protected usePrivate(name: string): void {
    this.pendingPrivate.push({ name, depth: this.privateScopes.length });
  }

  protected settlePrivateNames(): void {
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
