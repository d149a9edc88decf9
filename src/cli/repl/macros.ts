/**
 * Macros in TypeScript text: `@everywhere`, `@spawnat`, `@spawn`, `@fetch`, `@fetchfrom`, `@async`, `@sync`, `@parallel`, `@time`
 * become calls, all else stays as it is. Pure; used by the prompt, by -e and -E, and by programs on standard input.
 */
import { Expander } from "./macros-expand.ts";
import { type Derived, Output } from "./macros-output.ts";
import { findPlaces, isMacroName, type Place, unknownMacro } from "./macros-places.ts";
import type { Text } from "./macros-skim.ts";
import { tokenize } from "./macros-tokens.ts";

export { MacroError, positionAt } from "./macros-error.ts";
export { NAMESPACE } from "./macros-expand.ts";
export type { Derived } from "./macros-output.ts";
export { MACROS } from "./macros-places.ts";

/**
 * Writes the macros in a text as calls. Lines stay where they are; `origin` leads back from any place in the result. Text without
 * macros comes back as it is. Throws a MacroError, and nothing else, when a macro cannot be understood.
 *
 * @example
 * expandMacros("r = @spawnat 2 f(x)").code; // r = $tjulia.spawnat(2, () => (f(x)))
 */
export function expandMacros(source: string): Derived {
  if (!source.includes("@")) return { code: source, origin: (offset) => offset };
  const expander = openText(source);
  expander.write([0, expander.text.tokens.length - 1], { body: -1, isAsync: true });
  return expander.out.result();
}

/** Tokens, places and an empty output for a text: what expanding it needs. */
export function openText(source: string): Expander {
  let places: ReadonlyMap<number, Place> = new Map();
  let expander: Expander;
  const text: Text = {
    source,
    tokens: tokenize(source),
    macros: {
      isMacro: (i) => places.get(i)?.isDecorator === false,
      endOfMacro: (i) => expander.macro(i).end,
    },
    closed: new Set(),
    arguments: new Set(),
    depth: 0,
  };
  places = findPlaces(text);
  for (const [i, place] of places) {
    if (!place.isDecorator && !isMacroName(text.tokens[i]?.text ?? "")) unknownMacro(text, i);
  }
  expander = new Expander(text, new Output(source), places);
  return expander;
}
