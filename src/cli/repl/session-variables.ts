/**
 * The variables of the prompt: properties of the global object, so that a name means the same to every entry, may be declared
 * again in any way, and is seen by functions that travel. Knows which names the prompt made, and which of them are const.
 */
import { types } from "node:util";
import type { RunPlan } from "./entry.ts";

const { isPromise } = types;

export class SessionVariables {
  readonly #names = new Set<string>();
  readonly #consts = new Set<string>();
  readonly #onChange: (names: ReadonlySet<string>) => void;

  /** `onChange` hears of the names each time there are more or fewer. */
  constructor(onChange: (names: ReadonlySet<string>) => void = () => {}) {
    this.#onChange = onChange;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  isConst = (name: string): boolean => this.#consts.has(name);

  /** Makes the variables of an entry before it runs; the code then only assigns. Returns the new ones. */
  prepare(plan: Pick<RunPlan, "declares" | "consts" | "assigns">): string[] {
    const made: string[] = [];
    for (const name of [...plan.declares, ...plan.assigns]) {
      const isDeclared = plan.declares.includes(name);
      if (Object.hasOwn(globalThis, name)) {
        if (isDeclared) makeWritable(name);
      } else if (isDeclared || !(name in globalThis)) {
        define(name);
        made.push(name);
      }
      if (isDeclared || made.includes(name)) this.#names.add(name);
    }
    for (const name of plan.declares) this.#consts.delete(name);
    for (const name of plan.consts) this.#consts.add(name);
    this.#onChange(this.#names);
    return made;
  }

  /**
   * `x = pmap(…)` waits for the promise and shows what it gives, so that is what `x` is from then on: what was shown, and what can
   * travel to another process.
   */
  async takeValue(names: readonly string[], value: unknown): Promise<void> {
    const variables = globalThis as Record<string, unknown>;
    for (const name of names) {
      const promise = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
      if (isPromise(promise) && Object.is(await settledValue(promise), value)) variables[name] = value;
    }
  }

  /** Takes back what an entry made and never gave a value: names that only inner blocks used, and all after a failure. */
  settle(made: readonly string[], plan: Pick<RunPlan, "declares">, failed: boolean): void {
    let changed = false;
    for (const name of made) {
      if (!failed && plan.declares.includes(name)) continue;
      if ((globalThis as Record<string, unknown>)[name] !== undefined) continue;
      if (!Reflect.deleteProperty(globalThis, name)) continue;
      this.#names.delete(name);
      this.#consts.delete(name);
      changed = true;
    }
    if (changed) this.#onChange(this.#names);
  }
}

const PENDING = Symbol();

/** The value of a promise that has one by now. */
function settledValue(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise, PENDING]).catch(() => PENDING);
}

function define(name: string): void {
  Object.defineProperty(globalThis, name, { value: undefined, writable: true, enumerable: true, configurable: true });
}

/** A declaration may hide a getter or a constant of the platform, `navigator` for one. */
function makeWritable(name: string): void {
  const property = Object.getOwnPropertyDescriptor(globalThis, name);
  if (property && !property.writable && property.configurable) define(name);
}
