/**
 * The loops themselves. Each body gets a loop compiled for it alone: V8 then sees one function called in it and inlines the body, as if
 * it had been written inside. One loop for all bodies would call them, at several times the cost for short ones.
 */
import type { Combine } from "./reducers.ts";

/** Where a loop has stopped: at the end, or at a value that needs another way. */
export interface Stop {
  at: number;
  acc: unknown;
  /** Undefined at the end. */
  value: unknown;
}

export interface LoopInput {
  body: (element: unknown) => unknown;
  combine: Combine | undefined;
  /** Indexes `from` to below `to`. */
  from: number;
  to: number;
  /** The list, or the start and step of a range. */
  list: ArrayLike<unknown> | undefined;
  start: number;
  step: number;
  acc: unknown;
  /** Hears of the index at which the body threw. */
  threw: (index: number, error: unknown) => never;
}

export type Loop = (input: LoopInput) => Stop;

/** What the loop does with a value `v` of the body. */
export type LoopKind =
  /** Combines numbers with a built-in operator, written out; stops at anything else. */
  | { numbers: string }
  /** Calls `combine`; stops at a promise. */
  | "combine"
  /** Drops it; stops at a promise. */
  | "drop";

let compiled = 0;

export function compileLoop(kind: LoopKind, overList: boolean, step: number): Loop {
  const element = overList ? "list[i]" : step === 1 ? "start + i" : "start + i * step";
  const stop = "return { at: i, acc, value: v };";
  const isPromise = `v !== null && typeof v === "object" && typeof v.then === "function"`;
  const use =
    typeof kind === "object"
      ? `if (typeof v !== "number") ${stop} acc = ${kind.numbers};`
      : `if (${isPromise}) ${stop} ${kind === "combine" ? "acc = combine(acc, v);" : ""}`;
  compiled++;
  // The number makes the text unique: V8 shares code and type feedback between functions of the same text.
  const text = `"use strict";
    let { body, combine, list, start, step, from, to, acc, threw } = input;
    ${typeof kind === "object" ? "acc = +acc;" : ""}
    let i = from;
    try {
      for (; i < to; i++) { const v = body(${element}); ${use} }
    } catch (error) { threw(i, error); }
    return { at: to, acc, value: undefined };
    //# sourceURL=tjulia:loop-${compiled}`;
  return new Function("input", text) as Loop;
}
