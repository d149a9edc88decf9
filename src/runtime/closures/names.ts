/** What the text of one function tells: which outer names it uses, and what else it needs from where it stands. */

import { ScopeReader } from "./reader/reader.ts";
import type { ClassFacts } from "./reader/scope-types.ts";
import { ScanError } from "./reader/tokens.ts";
import { RecentMap } from "./recent-map.ts";
import { RECORD } from "./rewrite.ts";

export type FunctionForm = "arrow" | "function" | "method" | "getter" | "setter" | "class";

export interface FreeName {
  readonly name: string;
  /** The function assigns to it. */
  readonly isWritten: boolean;
  /** A class uses it while it is defined. */
  readonly isEarly: boolean;
}

export interface FunctionFacts {
  readonly form: FunctionForm;
  /** Names that the function does not declare itself; the own name of a function or class is not among them. */
  readonly free: readonly FreeName[];
  /** What it takes from around it although it has no name: only arrows have `this` or `arguments` here. */
  readonly usesThis: boolean;
  readonly usesArguments: boolean;
  readonly usesSuper: boolean;
  readonly usesNewTarget: boolean;
  readonly hasDirectEval: boolean;
  /** `#name`s that belong to a class around it. */
  readonly privateNames: readonly string[];
  /** The text to evaluate in place of the original: as long as it, save for a computed key. */
  readonly text: string;
  /** How many characters the first line of `text` is longer than the original's. */
  readonly shift: number;
  readonly usesMeta: boolean;
  readonly usesImport: boolean;
  readonly class: ClassFacts | undefined;
  /** A class that extends something: in the text that is HERITAGE. */
  readonly hasHeritage: boolean;
  /** Names that only computed keys of a class use; V8 does not keep them. */
  readonly keyNames: readonly string[];
  /** The name in the text: function f, class A. */
  readonly ownName: string | undefined;
  /** For methods: the key under which the object that `text` stands in has it. */
  readonly key: string | undefined;
}

/** Stand for `import.meta` and `import` in the text that travels; as long as those, so that no column moves. */
export const META = "$tjl_$meta$";
export const IMPORT = "$tjlim";
/** Stands for what a class extends: the variable of that name may be gone, but the class itself knows its parent. */
export const HERITAGE = "$tjlB";

const known = new RecentMap<string, FunctionFacts>(5000);

/** Reads the text of a function, as `Function.prototype.toString` gives it. */
export function factsOf(text: string): FunctionFacts {
  const found = known.get(text);
  if (found) return found;
  const facts = /^class\b/.test(text) ? classFacts(text) : (expressionFacts(text) ?? methodFacts(text));
  known.set(text, facts);
  return facts;
}

function expressionFacts(text: string): FunctionFacts | undefined {
  if (/^(?:get|set|static|\*|\[|#|["'\d])/.test(text) && !/^(?:get|set|static)\s*=>/.test(text)) return undefined;
  const reader = new ScopeReader(text);
  try {
    reader.onlyExpression();
  } catch (error) {
    if (error instanceof ScanError) return undefined;
    throw error;
  }
  if (!/^(?:async\s+)?function\b/.test(text)) return facts(reader, text, "arrow", undefined);
  return facts(reader, text, "function", FUNCTION_NAME.exec(text)?.[1]);
}

const FUNCTION_NAME = /^(?:async\s+)?function(?:\s|\/\*[\s\S]*?\*\/)*\*?\s*([^\s(/\\]+)?/;

function classFacts(text: string): FunctionFacts {
  const reader = new ScopeReader(text);
  reader.onlyExpression();
  const name = /^class\s+(?!extends\b)([^\s{/\\]+)/.exec(text)?.[1];
  return facts(reader, text, "class", name);
}

const KEY = /^((?:async\b|get\b|set\b|\*|\s)*)(?:\[)/;

function methodFacts(original: string): FunctionFacts {
  let text = original;
  let shift = 0;
  let key: string | undefined;
  const computed = KEY.exec(text);
  if (computed) {
    // The key was computed where the method was made; it has no part in what the method does.
    const close = closingBracket(text, computed[0].length - 1);
    key = "method";
    text = `${computed[1]}${key}${text.slice(close + 1)}`;
    shift = text.length - original.length;
  }
  const reader = new ScopeReader(`{${text}}`);
  reader.onlyExpression();
  const accessor = /^(get|set)\b(?!\s*\()/.exec(text)?.[1];
  const form: FunctionForm = accessor === "get" ? "getter" : accessor === "set" ? "setter" : "method";
  key ??= methodKey(text);
  const result = facts(reader, text, form, undefined, key, -1);
  return { ...result, shift: result.shift + shift };
}

function methodKey(text: string): string {
  const match =
    /^(?:async\b(?!\s*\()|get\b(?!\s*\()|set\b(?!\s*\()|\*|\s)*([^\s\d("'*./\\][^\s(/\\]*|"[^"]*"|'[^']*'|[\d.xXa-fA-F_n]+)/.exec(
      text,
    );
  const key = match?.[1] ?? "";
  if (/^["']/.test(key)) return key.slice(1, -1);
  return /^\d/.test(key) ? String(Number(key.replace(/n$|_/g, ""))) : key;
}

function closingBracket(text: string, open: number): number {
  const reader = new ScopeReader(`(${text.slice(open)}`);
  let depth = 0;
  const { lexer } = reader;
  for (; lexer.type !== "end"; lexer.next()) {
    if (lexer.type === "template") throw new ScanError("a template in a computed key");
    if (lexer.value === "[") depth++;
    if (lexer.value === "]" && --depth === 0) return open + lexer.start - 1;
  }
  throw new ScanError("a computed key without end");
}

function facts(
  reader: ScopeReader,
  text: string,
  form: FunctionForm,
  ownName: string | undefined,
  key?: string,
  offset = 0,
): FunctionFacts {
  const free = new Map<string, { isWritten: boolean; isEarly: boolean }>();
  const own = form === "class" ? reader.classes.at(-1) : undefined;
  const isIn = (at: number, places: readonly (readonly [number, number])[]) =>
    places.some(([from, to]) => at >= from && at < to);
  const keyNames = new Set<string>();
  let usesThis = false;
  let usesArguments = false;
  let usesSuper = false;
  let usesNewTarget = false;
  /** Code that has travelled before has these already. */
  const marks = new Set<string>();
  for (const { name, write, at } of reader.scope.references) {
    if (name === "this") usesThis = true;
    else if (name === "super") usesSuper = true;
    else if (name === "new.target") usesNewTarget = true;
    else if (name === "arguments") usesArguments = true;
    else if (name === META || name === IMPORT) marks.add(name);
    // Every code that travels is given the record of its module.
    else if (name === RECORD) continue;
    else if (name !== ownName || form === "arrow") {
      if (own?.heritage && isIn(at, [own.heritage])) continue;
      if (own && isIn(at, own.keys)) keyNames.add(name);
      const known = free.get(name);
      const isEarly = own !== undefined && (isIn(at, own.early) || isIn(at, own.keys));
      free.set(name, { isWritten: write || known?.isWritten === true, isEarly: isEarly || known?.isEarly === true });
    }
  }
  // A method's own `super` reaches the object that it stands in.
  if (form === "method" || form === "getter" || form === "setter") usesSuper = /\bsuper\b/.test(text);
  return {
    form,
    free: [...free].map(([name, use]) => ({ name, ...use })),
    usesThis,
    usesArguments,
    usesSuper,
    usesNewTarget,
    hasDirectEval: reader.hasDirectEval,
    privateNames: [...reader.freePrivateNames],
    text: replaced(text, reader, offset, own?.heritage),
    shift: 0,
    usesMeta: reader.metas.length > 0 || marks.has(META),
    usesImport: reader.dynamicImports.length > 0 || marks.has(IMPORT),
    class: own ?? reader.classes.at(-1),
    hasHeritage: own?.heritage !== undefined,
    keyNames: [...keyNames],
    ownName,
    key,
  };
}

/** The text with what has no meaning elsewhere replaced by words of ours, of the same length where they fit. */
function replaced(text: string, reader: ScopeReader, offset: number, heritage: ClassFacts["heritage"]): string {
  const places: [number, number, string][] = [
    ...reader.metas.map(([from, to]): [number, number, string] => [from, to, META]),
    ...reader.dynamicImports.map((from): [number, number, string] => [from, from + IMPORT.length, IMPORT]),
  ];
  if (heritage) {
    const [from, to] = heritage;
    places.splice(0, places.length, ...places.filter(([at]) => at < from || at >= to), [from, to, HERITAGE]);
  }
  places.sort(([a], [b]) => b - a);
  let result = text;
  for (const [from, to, word] of places) {
    const rest = text.slice(from + offset + word.length, to + offset).replace(/[^\n]/g, " ");
    result = result.slice(0, from + offset) + word + rest + result.slice(to + offset);
  }
  return result;
}
