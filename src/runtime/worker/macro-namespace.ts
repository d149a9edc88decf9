/**
 * What expanded macros call: the global `$tjulia` of every process. `@spawnat 2 f(x)` is `$tjulia.spawnat(2, () => (f(x)))`; the
 * expander in cli/repl/macros.ts writes such calls. Users' own names cannot hide these functions.
 */
import { UsageError } from "../../errors.ts";
import { addEverywhereNames } from "../closures/everywhere-names.ts";

type Call = (...args: unknown[]) => unknown;

/** Functions of the library that macros use as they are. */
const asTheyAre = ["spawnat", "spawn", "fetch", "fetchfrom", "sync", "task", "parallel", "range"];

export function macroNamespace(ownExport: (name: string) => unknown): object {
  const call = (name: string, args: unknown[]) => (ownExport(name) as Call)(...args);
  const namespace: Record<string, Call> = Object.fromEntries(
    asTheyAre.map((name) => [name, (...args: unknown[]) => call(name, args)]),
  );
  /** @everywhere: `names` are what `f` makes on the processes `where`, by default on all of them. */
  namespace.everywhere = (where, names, f) => {
    addEverywhereNames(names as string[]);
    return call("everywhere", [f, where === undefined ? {} : { procs: [where].flat() }]);
  };
  /** Runs on each process of an @everywhere, before it assigns its names. */
  namespace.names = (...names) => {
    addEverywhereNames(names as string[]);
    for (const name of names as string[]) {
      if (!(name in globalThis)) (globalThis as Record<string, unknown>)[name] = undefined;
    }
  };
  /** The range of `for (let i = from; i <= to; i += step)`. */
  namespace.counting = (from, operator, to, step) =>
    call("range", countingRange(Number(from), operator as Comparison, Number(to), Number(step)));
  namespace.time = (f) => time(f as () => unknown);
  return namespace;
}

type Comparison = "<" | "<=" | ">" | ">=";

/** Start, stop (not included) and step with as many elements as the loop has turns. */
export function countingRange(from: number, operator: Comparison, to: number, step: number): [number, number, number] {
  if (![from, to, step].every(Number.isFinite)) {
    throw new UsageError(`@parallel cannot count from ${from} to ${to} in steps of ${step}`);
  }
  if (step === 0 || operator.startsWith("<") !== step > 0) {
    throw new UsageError(`@parallel would never end: from ${from} in steps of ${step} while ${operator} ${to}`);
  }
  const steps = (to - from) / step;
  const count = Math.max(0, operator.endsWith("=") ? Math.floor(steps) + 1 : Math.ceil(steps));
  const isWhole = Number.isInteger(from) && Number.isInteger(step);
  // In fractions the stop lies half a step further, so that rounding cannot add or drop an element.
  return [from, from + (isWhole || count === 0 ? count : count - 0.5) * step, step];
}

/** Tells on stderr how long `f` takes, until its promise settles if it gives one; gives what it gives. */
function time(f: () => unknown): unknown {
  const started = performance.now();
  const tell = () => process.stderr.write(`${((performance.now() - started) / 1000).toFixed(6)} seconds\n`);
  const value = f();
  if (!(value instanceof Promise)) {
    tell();
    return value;
  }
  return value.finally(tell);
}
