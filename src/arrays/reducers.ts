/** The names that reductions go by in the public API, as in `parallel("+", …)`. */
import { UsageError } from "../errors.ts";
import type { ElementFunction } from "./map-block.ts";
import type { Reduction } from "./reduce-block.ts";

const names = { "+": "sum", "*": "prod", min: "min", max: "max", "&&": "all", "||": "any" } as const;

export type ReducerName = keyof typeof names;

export function namedReduction(op: unknown): Reduction | ElementFunction {
  if (typeof op === "function") return op as ElementFunction;
  const name = names[op as ReducerName];
  if (name) return name;
  throw new UsageError(`reduce: ${String(op)} is neither a function nor one of ${Object.keys(names).join(" ")}`);
}
