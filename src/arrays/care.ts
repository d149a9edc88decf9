/**
 * How the services of this folder are run (see services.ts of the calls): loops over few elements bare, over many with a flush of
 * what waits, over very many and code of the user's in a guard, so that they can be stopped. A guard costs more than a small array.
 */
import { type AnyFunction, type Care, knownByCode, SHORT_MS } from "../runtime/calls/function-table.ts";

const QUICK_ELEMENTS = 50_000;
const SHORT_ELEMENTS = 5_000_000;
const QUICK_MS = 0.2;

/** For our own loops over that many elements. */
export function careFor(elements: number): Care {
  if (elements <= QUICK_ELEMENTS) return "quick";
  return elements <= SHORT_ELEMENTS ? "short" : "guarded";
}

/** For a function of the user's: as it has proved last, and bare without a flush only when there is little to do. */
export function careOfUserCode(f: unknown, elements: number): Care {
  const care = typeof f === "function" ? knownByCode(f as AnyFunction).care : "guarded";
  return care === "quick" && elements > QUICK_ELEMENTS ? "short" : care;
}

/** Remembers how long the synchronous part of the user's function took. */
export function proved(f: unknown, ms: number): void {
  if (typeof f === "function")
    knownByCode(f as AnyFunction).care = ms < QUICK_MS ? "quick" : ms < SHORT_MS ? "short" : "guarded";
}

export const quick = (): Care => "quick";
export const short = (): Care => "short";
