/** The named reducers of a parallel loop: how two values become one, what nothing gives, and how the loop says it in JavaScript. */
import { UsageError } from "../errors.ts";

export type ReducerName = "+" | "*" | "min" | "max" | "&&" | "||" | "vcat";
export type Combine = (a: unknown, b: unknown) => unknown;

export interface Reducer {
  readonly name: ReducerName | undefined;
  readonly combine: Combine;
  /** What a loop over nothing gives; undefined for functions, for which it is an error. */
  readonly identity: (() => unknown) | undefined;
  /** For numbers: the expression in `acc` and `v`, compiled into the loop. */
  readonly onNumbers: string | undefined;
}

const named: Record<ReducerName, Omit<Reducer, "name">> = {
  "+": { combine: plus, identity: () => 0, onNumbers: "acc + v" },
  "*": { combine: times, identity: () => 1, onNumbers: "acc * v" },
  min: { combine: least, identity: () => Number.POSITIVE_INFINITY, onNumbers: "Math.min(acc, v)" },
  max: { combine: greatest, identity: () => Number.NEGATIVE_INFINITY, onNumbers: "Math.max(acc, v)" },
  "&&": { combine: (a, b) => a && b, identity: () => true, onNumbers: undefined },
  "||": { combine: (a, b) => a || b, identity: () => false, onNumbers: undefined },
  vcat: { combine: joined, identity: () => new Joined().flat(), onNumbers: undefined },
};

export function reducerFor(given: unknown): Reducer {
  if (typeof given === "function") {
    return { name: undefined, combine: given as Combine, identity: undefined, onNumbers: undefined };
  }
  if (typeof given === "string" && Object.hasOwn(named, given)) {
    const name = given as ReducerName;
    return { name, ...named[name] };
  }
  const names = Object.keys(named).map((name) => `"${name}"`);
  throw new UsageError(`parallel: the reducer is one of ${names.join(", ")} or a function, not ${String(given)}`);
}

type Arrayish = unknown[] | Float64Array;

function isArrayish(value: unknown): value is Arrayish {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** Numbers, bigints and strings as JavaScript does; lists element by element; numpy-ts arrays by their own method. */
function plus(a: unknown, b: unknown): unknown {
  return byElements(a, b, "add", plus) ?? (a as number) + (b as number);
}

function times(a: unknown, b: unknown): unknown {
  return byElements(a, b, "multiply", times) ?? (a as number) * (b as number);
}

function least(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return Math.min(a, b);
  return byElements(a, b, undefined, least) ?? ((b as number) < (a as number) ? b : a);
}

function greatest(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return Math.max(a, b);
  return byElements(a, b, undefined, greatest) ?? ((b as number) > (a as number) ? b : a);
}

function byElements(a: unknown, b: unknown, method: string | undefined, combine: Combine): unknown {
  if (isArrayish(a) && isArrayish(b)) {
    if (a.length !== b.length) throw new UsageError(`cannot reduce lists of lengths ${a.length} and ${b.length}`);
    return (a as unknown[]).map((x, i) => combine(x, b[i]));
  }
  if (method === undefined || typeof a !== "object" || a === null) return undefined;
  const own = (a as Record<string, unknown>)[method];
  return typeof own === "function" ? own.call(a, b) : undefined;
}

/** Results of `vcat` so far, in order. They are put together once, at the end. */
export class Joined {
  readonly parts: unknown[] = [];

  add(value: unknown): this {
    if (value instanceof Joined) for (const part of value.parts) this.parts.push(part);
    else this.parts.push(value);
    return this;
  }

  /** Lists are flattened by one level; nothing but typed arrays of one kind gives such an array. */
  flat(): unknown {
    const [first] = this.parts;
    const isTyped = isArrayish(first) && !Array.isArray(first);
    if (isTyped && this.parts.every((part) => (part as object).constructor === first.constructor)) {
      return concatenated(this.parts as Float64Array[]);
    }
    return this.parts.flatMap((part) => (isArrayish(part) ? [...(part as Iterable<unknown>)] : [part]));
  }
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const Kind = (parts[0] as Float64Array).constructor as Float64ArrayConstructor;
  const whole = new Kind(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function joined(a: unknown, b: unknown): Joined {
  return (a instanceof Joined ? a : new Joined().add(a)).add(b);
}

/** What a reduction has come to, in the form in which it is handed out. */
export function finished(reducer: Reducer, value: unknown): unknown {
  if (reducer.name !== "vcat") return value;
  return (value instanceof Joined ? value : new Joined().add(value)).flat();
}
