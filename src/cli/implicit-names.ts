/**
 * The names that a program assigns without declaring them: `r = remotecall(2, f)`. A program of -e makes variables of them, as
 * Julia does, so that functions take them along. Judged from tokens; pure.
 */
import { MacroError } from "./repl/macros-error.ts";
import { everywhereNames } from "./repl/macros-everywhere.ts";
import type { Expander } from "./repl/macros-expand.ts";
import { patternNames, readImport } from "./repl/macros-names.ts";
import { isName, isPunctuator, type Text, tokenAt } from "./repl/macros-skim.ts";
import { readStatement } from "./repl/macros-statement.ts";

export function implicitNames(expander: Expander): string[] {
  const { text } = expander;
  const assigned = new Set<string>();
  const declared = new Set<string>();
  for (let i = 0; tokenAt(text, i).kind !== "end"; i++) {
    if (isPunctuator(tokenAt(text, i - 1), ".", "?.")) continue;
    for (const name of namesDeclaredAt(text, i)) declared.add(name);
    if (text.macros.isMacro(i) && tokenAt(text, i).text === "everywhere") {
      // What @everywhere assigns lives on every process.
      const macro = expander.macro(i);
      for (const name of everywhereNames(text, macro)) declared.add(name);
      i = macro.end - 1;
    } else if (isAssigned(text, i) && mayBegin(text, i)) for (const name of patternNames(text, i)) assigned.add(name);
  }
  return [...assigned].filter((name) => !declared.has(name));
}

function namesDeclaredAt(text: Text, i: number): string[] {
  const token = tokenAt(text, i);
  const next = tokenAt(text, i + 1);
  if (isName(token, "function", "class", "enum", "namespace")) {
    const name = isPunctuator(next, "*") ? tokenAt(text, i + 2) : next;
    return name.kind === "name" ? [name.text] : [];
  }
  if (isName(token, "import") && !isPunctuator(next, "(", "."))
    return readImport(text, i).names.map(({ local }) => local);
  if (!isName(token, "const", "let", "var")) return [];
  try {
    const statement = readStatement(text, i);
    return statement.kind === "variables" ? statement.declarators.flatMap((d) => patternNames(text, d.pattern[0])) : [];
  } catch (error) {
    if (error instanceof MacroError) return [];
    throw error;
  }
}

function isAssigned(text: Text, i: number): boolean {
  const token = tokenAt(text, i);
  if (token.kind === "name") return isPunctuator(tokenAt(text, i + 1), "=");
  return isPunctuator(token, "[", "{") && token.match >= 0 && isPunctuator(tokenAt(text, token.match + 1), "=");
}

/** Whether an assignment may begin at `i`, and not a default value, a property or a field of a class. */
function mayBegin(text: Text, i: number): boolean {
  const before = tokenAt(text, i - 1);
  if (i === 0 || isPunctuator(before, ";", "}", "=", "=>")) return !isField(text, i);
  if (before.kind === "name") return isName(before, "else", "do") || (tokenAt(text, i).newline && !isField(text, i));
  if (isPunctuator(before, "{")) return !isField(text, i);
  if (isPunctuator(before, "(")) return !isParameterList(text, i - 1);
  if (isPunctuator(before, ")")) return tokenAt(text, i).newline || isHead(text, i - 1);
  if (isPunctuator(before, ",")) return opener(text, i) < 0;
  return tokenAt(text, i).newline && !isField(text, i);
}

/** Whether `i` stands directly in the braces of a class or an object. */
function isField(text: Text, i: number): boolean {
  const brace = opener(text, i);
  if (brace < 0 || !isPunctuator(tokenAt(text, brace), "{")) return brace >= 0;
  const before = tokenAt(text, brace - 1);
  if (isPunctuator(before, ")", "=>", ";", "{", "}") || before.kind === "at") return false;
  return brace > 0 && !isName(before, "else", "do", "try", "finally");
}

/** The index of the bracket around `i`, -1 at top level. */
function opener(text: Text, i: number): number {
  for (let at = i - 1; at >= 0; at--) {
    const token = tokenAt(text, at);
    if (token.opener >= 0) at = token.opener;
    else if (token.match > i) return at;
  }
  return -1;
}

/** Whether the parenthesis at `close` is the head of a loop or condition. */
function isHead(text: Text, close: number): boolean {
  return isName(tokenAt(text, tokenAt(text, close).opener - 1), "if", "for", "while", "with", "await");
}

function isParameterList(text: Text, open: number): boolean {
  const { match } = tokenAt(text, open);
  if (match < 0) return false;
  const after = tokenAt(text, match + 1);
  const head = tokenAt(text, open - 1);
  if (isPunctuator(after, "=>", ":")) return true;
  return isPunctuator(after, "{") && !isName(head, "if", "for", "while", "switch", "with");
}
