/** What the reader of JavaScript tells: scopes, the names that they use, classes and imports. */

export type ScopeKind = "module" | "function" | "arrow" | "body" | "block" | "class" | "field";

export interface Reference {
  readonly name: string;
  readonly at: number;
  write: boolean;
  /** `typeof name`: harmless when there is no such name. */
  readonly guarded: boolean;
  /** It stands in an arrow inside the scope where it is now. */
  inArrow: boolean;
  /** The scope that declares it, once that has been read. */
  declaredBy: Scope | undefined;
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

export interface WrittenFunction {
  readonly from: number;
  readonly to: number;
  /** What it uses and does not declare. */
  readonly references: readonly Reference[];
}

/** What an expression is, as far as it matters where functions go: a function, a name, the call of a name. */
export type Written =
  | { readonly kind: "function"; readonly f: WrittenFunction }
  | { readonly kind: "name" | "call"; readonly name: Reference };

/** Where functions go, from one expression to another. */
export interface FlowListener {
  /** `callee` is the name before the parenthesis, or its last part; `name` is given when it is a name alone. */
  call(callee: string | undefined, name: Reference | undefined, args: readonly Written[]): void;
  /** `const name = value`, or `function name() {}` as a statement. */
  declared(declaration: Declaration): void;
  /** The function that starts at `start` returns `value`. */
  returned(start: number, value: Written): void;
}

export interface Declaration {
  readonly scope: Scope;
  readonly name: string;
  readonly value: Written;
  readonly isStatement: boolean;
  readonly isExported: boolean;
}

/** What rewrite.ts wants to hear while a module is read. */
export interface Listener {
  /** A scope that is no arrow has an arrow that uses its `this`. `from` and `to` are the text that needs it. */
  thisInArrow?(where: "body" | "parameter" | "field", from: number, to: number, name: string | undefined): void;
  statement?(keyword: string, scope: Scope): void;
  readonly flow?: FlowListener;
}
