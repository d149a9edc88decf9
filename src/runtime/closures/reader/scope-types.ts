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
  /** The kind of scope that declares it, once that scope has been read. */
  declaredIn: ScopeKind | undefined;
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

/** What rewrite.ts wants to hear while a module is read. */
export interface Listener {
  /** A scope that is no arrow has an arrow that uses its `this`. `from` and `to` are the text that needs it. */
  thisInArrow?(where: "body" | "parameter" | "field", from: number, to: number, name: string | undefined): void;
  statement?(keyword: string, scope: Scope): void;
  /** A function stands in a call of `callee`, as an argument of its own. */
  functionArgument?(callee: string, f: WrittenFunction): void;
}
