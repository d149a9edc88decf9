/**
 * Functions that are written into a call of ours, as in `remotecallFetch(2, () => a + b)`. The loader adds there what gives their variables
 * (rewrite.ts), so that each time the call is made only the first of them has to be looked into.
 */
import type { ModuleRecord } from "./records.ts";
import type { AnyFunction } from "./shape.ts";

export interface Site {
  readonly record: ModuleRecord;
  readonly id: number;
  /** The variables that the function names, as they are now. Throws while one has not been initialised. */
  readonly variables: () => Record<string, unknown>;
}

const sites = new WeakMap<AnyFunction, Site>();

/** What the call is made with: the function itself. */
export function noteSite<F extends AnyFunction>(this: ModuleRecord, id: number, variables: Site["variables"], f: F): F {
  sites.set(f, { record: this, id, variables });
  return f;
}

export function siteOf(f: AnyFunction): Site | undefined {
  return sites.get(f);
}
