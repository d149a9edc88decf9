/** Names: what a pattern binds, what an import brings, what statements assign. */
import { MacroError } from "./macros-error.ts";
import {
  isName,
  isPunctuator,
  skipAssignment,
  skipBrackets,
  skipClass,
  skipFunction,
  skipType,
  type Text,
  tokenAt,
} from "./macros-skim.ts";
import { readStatement } from "./macros-statement.ts";

/** The names that the pattern at token `i` binds: `{a, b: [c = 1], ...d}` binds a, c and d. */
export function patternNames(text: Text, i: number): string[] {
  const token = tokenAt(text, i);
  if (token.kind === "name") return [token.text];
  if (!isPunctuator(token, "[", "{") || token.match < 0) return [];
  const isArray = token.text === "[";
  const names: string[] = [];
  for (let at = i + 1; at < token.match; ) {
    if (isPunctuator(tokenAt(text, at), ",")) {
      at++;
      continue;
    }
    if (isPunctuator(tokenAt(text, at), "...")) at++;
    else if (!isArray) at = valueOfProperty(text, at);
    names.push(...patternNames(text, at));
    at = isPunctuator(tokenAt(text, at), "[", "{") ? skipBrackets(text, at) : at + 1;
    if (isPunctuator(tokenAt(text, at), "=")) at = skipAssignment(text, at + 1);
  }
  return names;
}

/** Where the pattern of a property stands: after its colon, or the property itself when it has none. */
function valueOfProperty(text: Text, i: number): number {
  const colon = isPunctuator(tokenAt(text, i), "[") ? skipBrackets(text, i) : i + 1;
  return isPunctuator(tokenAt(text, colon), ":") ? colon + 1 : i;
}

export interface ImportedName {
  /** The name there; "*" for the whole module, "default" for its default. */
  imported: string;
  /** The name here. */
  local: string;
}

export interface Import {
  names: ImportedName[];
  /** Index of the string that names the module; -1 for `import x = …`. */
  module: number;
  /** True for `import type`, which leaves nothing at run time. */
  isType: boolean;
}

/** Reads the import declaration whose `import` is at `i`. */
export function readImport(text: Text, i: number): Import {
  const names: ImportedName[] = [];
  let at = i + 1;
  const second = tokenAt(text, at + 1);
  const isType =
    isName(tokenAt(text, at), "type") &&
    (isPunctuator(second, "{", "*") || (second.kind === "name" && second.text !== "from"));
  if (isType) at++;
  while (tokenAt(text, at).kind !== "string") {
    const token = tokenAt(text, at);
    if (token.kind === "end") break;
    if (isPunctuator(token, "*")) {
      names.push({ imported: "*", local: tokenAt(text, at + 2).text });
      at += 3;
    } else if (isPunctuator(token, "{")) {
      names.push(...readSpecifiers(text, at));
      at = token.match + 1;
    } else if (isPunctuator(token, "=")) {
      return { names, module: -1, isType };
    } else {
      if (token.kind === "name" && token.text !== "from") names.push({ imported: "default", local: token.text });
      at++;
    }
  }
  return { names, module: at, isType };
}

function readSpecifiers(text: Text, open: number): ImportedName[] {
  const names: ImportedName[] = [];
  const close = tokenAt(text, open).match;
  for (let at = open + 1; at < close; ) {
    const words = [];
    for (; at < close && !isPunctuator(tokenAt(text, at), ","); at++) words.push(tokenAt(text, at));
    at++;
    // `type T` and `type T as U` are types; `type`, `type as T` are names.
    const isType = words[0]?.text === "type" && words.length > 1 && !(words[1]?.text === "as" && words.length < 4);
    const [first, last] = [words[0], words.at(-1)];
    if (isType || !first || !last) continue;
    names.push({ imported: first.kind === "string" ? unquoted(first.text) : first.text, local: last.text });
  }
  return names;
}

function unquoted(text: string): string {
  return text.slice(1, -1);
}

/** The names that the tokens from `from` to `to` assign outside of functions, without those they declare: `x = 1`, `[x] = y`. */
export function assignedNames(text: Text, from: number, to: number): string[] {
  const assigned = new Set<string>();
  const declared = new Set<string>();
  for (let i = from; i < to; ) {
    const token = tokenAt(text, i);
    const before = tokenAt(text, i - 1);
    const isProperty = isPunctuator(before, ".", "?.");
    const inner = isProperty ? -1 : skipInner(text, i);
    if (inner > i) {
      i = inner;
      continue;
    }
    if (isName(token, "const", "let", "var") && !isProperty) {
      const statement = readStatement(text, i);
      if (statement.kind === "variables") {
        for (const { pattern } of statement.declarators)
          for (const name of patternNames(text, pattern[0])) declared.add(name);
      }
    } else if (!isProperty && isTarget(text, i)) for (const name of patternNames(text, i)) assigned.add(name);
    i++;
  }
  return [...assigned].filter((name) => !declared.has(name));
}

/** Whether what begins at `i` is followed by an assignment. `a[i] = 1` and `f() = 1` assign no name. */
function isTarget(text: Text, i: number): boolean {
  const token = tokenAt(text, i);
  let end = i + 1;
  if (isPunctuator(token, "[", "{")) {
    const before = tokenAt(text, i - 1);
    if (token.match < 0 || before.kind === "name" || isPunctuator(before, ")", "]")) return false;
    end = token.match + 1;
  } else if (token.kind !== "name" || token.text.startsWith("#")) return false;
  return isPunctuator(tokenAt(text, end), "=", "??=", "||=", "&&=");
}

/** Steps over a function, class or arrow function that begins at `i`: what it assigns is its own affair. */
export function skipInner(text: Text, i: number): number {
  try {
    return innerEnd(text, i);
  } catch (error) {
    if (error instanceof MacroError) return i; // the compiler tells what is wrong with it
    throw error;
  }
}

function innerEnd(text: Text, i: number): number {
  const token = tokenAt(text, i);
  if (isName(token, "function")) return skipFunction(text, i);
  if (isName(token, "class") && !isPunctuator(tokenAt(text, i + 1), ":", ",", "}", ")")) return skipClass(text, i);
  if (isPunctuator(token, "=>")) {
    if (isPunctuator(tokenAt(text, i + 1), "{")) return skipBrackets(text, i + 1);
    return isFunctionType(text, i) ? i : skipAssignment(text, i + 1);
  }
  if (isPunctuator(token, "{") && isMethodBody(text, i)) return skipBrackets(text, i);
  return i;
}

/** `const f: () => T = …`: the arrow of a type, not of a function. */
function isFunctionType(text: Text, arrow: number): boolean {
  const { opener } = tokenAt(text, arrow - 1);
  if (opener < 0 || !isPunctuator(tokenAt(text, opener - 1), ":", "as", "|", "&", "(")) return false;
  return isPunctuator(tokenAt(text, skipType(text, arrow + 1)), "=");
}

/** `m() {`: the body of a method, not of `if (x) {`. */
function isMethodBody(text: Text, i: number): boolean {
  const before = tokenAt(text, i - 1);
  if (!isPunctuator(before, ")") || before.opener < 0) return false;
  const head = tokenAt(text, before.opener - 1);
  return head.kind === "name" && !isName(head, "if", "for", "while", "with", "switch", "catch", "await");
}
