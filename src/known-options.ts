/** Options that a function does not have are refused: a mistyped one would do nothing and say nothing. */
import { UsageError } from "./errors.ts";

/** Throws a UsageError for what is no object of options, and for an option that is not in `known`. */
export function demandKnownOptions(caller: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new UsageError(`${caller}: the options are an object, not ${String(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`${caller}: there is no option "${unknown}"; there are ${known.join(", ")}`);
}
