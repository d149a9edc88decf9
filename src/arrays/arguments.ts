/** How the functions that make arrays read their arguments: dims as a list or as numbers, processes, pieces, options last. */
import { UsageError } from "../errors.ts";
import { demandKnownOptions } from "../known-options.ts";
import type { DType } from "./dtype.ts";

export interface ArrayOptions {
  /** The type of the elements, by numpy's name. */
  dtype?: DType;
  /** The processes that hold the pieces. Default: the first min(workers, longest dimension) workers. */
  procs?: readonly number[];
  /** Pieces along each dimension; their product is the number of processes. Default: Julia's choice. */
  dist?: readonly number[];
}

/** A list of sizes; a single number is a vector. */
export type Dims = number | readonly number[];

export type MakeArguments =
  | [dims: Dims, options?: ArrayOptions]
  | [dims: Dims, procs?: readonly number[] | undefined, options?: ArrayOptions]
  | [dims: Dims, procs?: readonly number[] | undefined, dist?: readonly number[] | undefined, options?: ArrayOptions]
  | number[];

export interface Asked extends ArrayOptions {
  dims: readonly number[];
}

const known = ["dtype", "procs", "dist"];

/** Reads `(dims, procs?, dist?, options?)` or, as in Julia, `(m, n, …)`. */
export function readArguments(name: string, args: readonly unknown[]): Asked {
  const rest = [...args];
  const last = rest.at(-1);
  const options = isOptions(last) ? (rest.pop() as ArrayOptions) : {};
  demandKnownOptions(name, options, known);
  const [first, procs = options.procs, dist = options.dist, ...more] = rest;
  if (rest.length > 0 && rest.every((n) => typeof n === "number")) return { ...options, dims: rest };
  const dims = typeof first === "number" ? [first] : first;
  if (!isNumbers(dims))
    throw new UsageError(`${name}: the dimensions are a list of whole numbers, not ${String(first)}`);
  if (procs !== undefined && !isNumbers(procs)) {
    throw new UsageError(`${name}: the processes are a list of ids, not ${String(procs)}`);
  }
  if (dist !== undefined && !isNumbers(dist)) {
    throw new UsageError(`${name}: dist is a list of pieces for each dimension, not ${String(dist)}`);
  }
  if (more.length > 0) throw new UsageError(`${name}: too many arguments; they are dims, procs, dist, options`);
  return { ...options, dims, ...(procs && { procs }), ...(dist && { dist }) };
}

function isOptions(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !isIterable(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

function isIterable(value: object): boolean {
  return Symbol.iterator in value;
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => typeof n === "number");
}
