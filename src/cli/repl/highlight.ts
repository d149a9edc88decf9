/** Colours TypeScript text for the terminal. Characters stay as they are; only escape sequences are put between them. */

import js from "@speed-highlight/core/languages/js.js";
import regex from "@speed-highlight/core/languages/regex.js";
import ts from "@speed-highlight/core/languages/ts.js";
import { type ShjGrammar, type ShjToken, tokenizeWith } from "@speed-highlight/core/tokenize";

/** Colours of the terminal's own palette, so that they fit light and dark themes. */
const COLOURS: Partial<Record<ShjToken, number>> = {
  kwd: 35,
  str: 32,
  num: 33,
  bool: 33,
  cmnt: 90,
  type: 36,
  class: 36,
  func: 34,
  esc: 36,
  var: 36,
};

const MACRO = {
  match: /@(?:everywhere|spawnat|spawn|fetchfrom|fetch|async|sync|parallel|time)\b/g,
  type: "esc",
} as const;
const grammar = [...(ts as unknown as ShjGrammar), MACRO] as ShjGrammar;
const languages = { js, regex } as unknown as Record<string, ShjGrammar>;
/** Above this length a text is shown plain: a pasted file need not be coloured at every key. */
const LIMIT_CHARS = 20_000;

export function highlight(text: string): string {
  if (text.length > LIMIT_CHARS) return text;
  let coloured = "";
  const add = (part: string, token?: ShjToken) => {
    const colour = token && COLOURS[token];
    // A colour does not reach over a line end, because lines are drawn apart from each other.
    coloured += colour ? part.replace(/[^\n]+/g, (line) => `\u001b[${colour}m${line}\u001b[39m`) : part;
  };
  tokenizeWith(text, grammar, add, { languages });
  return coloured;
}
