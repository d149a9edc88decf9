/**
 * Which functions of a module go into certain calls: written there, through a variable, made by a function of the module (`call(make(1))`), or
 * handed to a function that hands its parameter on. What it misses is only slower to send.
 */
import type { Declaration, FlowListener, Reference, Scope, Written, WrittenFunction } from "./reader/scope-types.ts";

export interface SentFunction {
  readonly f: WrittenFunction;
  /** The variable that it is the first value of, or its own statement. */
  readonly declaration: Declaration | undefined;
  /** The name is declared more than once. */
  readonly isRepeated: boolean;
}

interface Call {
  readonly callee: string | undefined;
  readonly name: Reference | undefined;
  readonly args: readonly Written[];
}

export class SentFunctions implements FlowListener {
  readonly #callees: ReadonlySet<string>;
  readonly #calls: Call[] = [];
  readonly #declarations = new Map<Scope, Map<string, Declaration[]>>();
  readonly #returned = new Map<number, Written[]>();
  readonly #found = new Map<WrittenFunction, SentFunction>();
  /** Where functions start that hand a parameter on into such a call. */
  readonly #senders = new Set<number>();
  readonly #followed = new Set<unknown>();

  constructor(callees: ReadonlySet<string>) {
    this.#callees = callees;
  }

  call(callee: string | undefined, name: Reference | undefined, args: readonly Written[]): void {
    if (args.length > 0) this.#calls.push({ callee, name, args });
  }

  declared(declaration: Declaration): void {
    const { scope, name } = declaration;
    let ofScope = this.#declarations.get(scope);
    if (!ofScope) {
      ofScope = new Map();
      this.#declarations.set(scope, ofScope);
    }
    const known = ofScope.get(name);
    if (known) known.push(declaration);
    else ofScope.set(name, [declaration]);
  }

  returned(start: number, value: Written): void {
    const known = this.#returned.get(start);
    if (known) known.push(value);
    else this.#returned.set(start, [value]);
  }

  /** Once the whole module has been read. */
  found(): SentFunction[] {
    for (let before = -1; before < this.#senders.size; ) {
      before = this.#senders.size;
      for (const call of this.#calls) if (this.#isSending(call)) for (const arg of call.args) this.#follow(arg);
    }
    return [...this.#found.values()];
  }

  #isSending({ callee, name }: Call): boolean {
    if (callee !== undefined && this.#callees.has(callee)) return true;
    return (
      this.#senders.size > 0 && name !== undefined && this.#functionsOf(name).some((f) => this.#senders.has(f.from))
    );
  }

  #follow(value: Written, declaration?: Declaration, isRepeated = false): void {
    if (value.kind === "function") {
      if (!this.#found.has(value.f)) this.#found.set(value.f, { f: value.f, declaration, isRepeated });
      return;
    }
    if (this.#followed.has(value)) return;
    this.#followed.add(value);
    const { name } = value;
    if (value.kind === "call") {
      for (const f of this.#functionsOf(name)) for (const made of this.#returned.get(f.from) ?? []) this.#follow(made);
      return;
    }
    const declarations = this.#declarationsOf(name);
    for (const one of declarations) this.#follow(one.value, one, declarations.length > 1);
    const scope = name.declaredBy;
    if (declarations.length === 0 && (scope?.kind === "function" || scope?.kind === "arrow"))
      this.#senders.add(scope.start);
  }

  #functionsOf(name: Reference): WrittenFunction[] {
    return this.#declarationsOf(name).flatMap(({ value }) => (value.kind === "function" ? [value.f] : []));
  }

  #declarationsOf({ name, declaredBy }: Reference): readonly Declaration[] {
    return (declaredBy && this.#declarations.get(declaredBy)?.get(name)) ?? [];
  }
}
