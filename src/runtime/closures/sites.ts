/**
 * Functions that go into a call of ours, as in `remotecallFetch(2, () => a + b)`. The loader adds there what gives their variables (site-marks.ts), so
 * that of all functions that are made there only the first that is sent has to be looked into.
 */
import type { ModuleRecord } from "./records.ts";
import type { AnyFunction } from "./shape.ts";

export interface Site {
  readonly record: ModuleRecord;
  readonly id: number;
  /** The variables that the function names, as they are now. Throws while one has not been initialised. */
  readonly variables: () => Record<string, unknown>;
}

/** Gives what it is called with: the fields of a class that extends it are added to that. */
class Given {
  constructor(f: AnyFunction) {
    // biome-ignore lint/correctness/noConstructorReturn: the one way to add a private field to an object that is there
    return f;
  }
}

/** The site of a function, in a field that nobody else sees: a WeakMap costs 20 to 200 times as much where functions are made by the million. */
class Sited extends Given {
  readonly #record: ModuleRecord;
  readonly #id: number;
  readonly #variables: Site["variables"];

  constructor(f: AnyFunction, record: ModuleRecord, id: number, variables: Site["variables"]) {
    super(f);
    this.#record = record;
    this.#id = id;
    this.#variables = variables;
  }

  static of(f: AnyFunction): Site | undefined {
    if (!(#id in f)) return undefined;
    const sited = f as unknown as Sited;
    return { record: sited.#record, id: sited.#id, variables: sited.#variables };
  }
}

/** What the call is made with: the function itself. */
export function noteSite<F extends AnyFunction>(this: ModuleRecord, id: number, variables: Site["variables"], f: F): F {
  if (!Sited.of(f)) new Sited(f, this, id, variables);
  return f;
}

export function siteOf(f: AnyFunction): Site | undefined {
  return Sited.of(f);
}
