/**
 * What an entry of the prompt means: its text in, a plan out. Pure; evaluate.ts carries the plan out.
 *
 * Macros become calls, TypeScript becomes JavaScript, and the entry's declarations become assignments to variables of the
 * session (properties of the global object), so that everything can be declared again. `import` statements become
 * dynamic imports, `await` works at top level.
 */
import { type Program, parse } from "acorn";
import { assignedNames } from "./assigned-names.ts";
import { tokenize } from "./macros-tokens.ts";
import { rewriteEntry } from "./rewrite.ts";
import { walk } from "./syntax-tree.ts";

/** A text made out of another one, with the way back. */
export interface Derived {
  code: string;
  origin(offset: number): number;
}

/** What planning asks of the session and of the compilers. */
export interface EntryContext {
  /** Macros to calls; throws an EntryError. */
  expandMacros(text: string): Derived;
  /** TypeScript to JavaScript; throws an EntryError. */
  stripTypes(text: string): Derived;
  /** JavaScript with marks that lead arrow functions to their `this`. */
  markThis(code: string): Derived;
  /** Whether the session declared this name with `const`. */
  isConst(name: string): boolean;
}

/** A place in the entry where it cannot be understood. */
export class EntryError extends SyntaxError {
  readonly offset: number;
  /** True when the text ended where more was expected. */
  readonly incomplete: boolean;
  constructor(message: string, offset: number, incomplete = false) {
    super(message);
    this.name = "SyntaxError";
    this.offset = offset;
    this.incomplete = incomplete;
  }
}

export interface RunPlan extends Derived {
  kind: "run";
  /** Variables that the entry declares, and those of them that are `const`. */
  declares: readonly string[];
  consts: readonly string[];
  /** Names that came by `import`: name here, module, name there ("*" is the whole module). */
  imports: readonly ImportedName[];
  /** Names assigned without a declaration; they become variables when they are none yet. */
  assigns: readonly string[];
  /** Every identifier in the entry. */
  mentions: ReadonlySet<string>;
  /** Whether the code gives a promise of its value rather than its value. */
  isAsync: boolean;
  /** Whether the value is shown: the entry ends with an expression or a declaration, without a semicolon. */
  shows: boolean;
  /** Whether the entry ends with an expression or declaration, whose value becomes `ans`. */
  hasValue: boolean;
}

export interface ImportedName {
  local: string;
  specifier: string;
  imported: string;
}

export type EntryPlan = { kind: "empty" } | { kind: "error"; error: EntryError } | RunPlan;

export function planEntry(text: string, context: EntryContext): EntryPlan {
  if (tokenize(text).length === 1) return { kind: "empty" };
  try {
    return plan(text, context);
  } catch (error) {
    if (error instanceof EntryError) return { kind: "error", error };
    throw error;
  }
}

/** Whether Enter runs the text, or asks for its next line: a bracket is open, or the text ends where more must come. */
export function isIncomplete(text: string, context: EntryContext): boolean {
  const tokens = tokenize(text);
  const unmatchedCloser = tokens.some((t) => t.opener < 0 && /^[)\]}]$/.test(t.text) && t.kind === "punctuator");
  if (unmatchedCloser) return false;
  for (const token of tokens) {
    const opens = token.kind === "punctuator" ? /^[([{]$/.test(token.text) : /^template(Head|Middle)$/.test(token.kind);
    if (opens && token.match < 0) return true;
    if (token.kind === "bad" && (token.text.startsWith("`") || token.text.startsWith("/*"))) return true;
  }
  // A macro's name alone is a mistake rather than a beginning.
  if (tokens.at(-2)?.kind === "at") return false;
  const planned = planEntry(text, context);
  return planned.kind === "error" && (planned.error.incomplete || planned.error.offset >= text.trimEnd().length);
}

function plan(text: string, context: EntryContext): RunPlan {
  const expanded = context.expandMacros(text);
  const plain = chain(expanded, () => toJavaScript(expanded.code, context));
  const script = chain(plain, () => context.markThis(plain.code));
  const { program, source, wrapped } = parseEntry(script.code, script.origin);
  const rewritten = rewriteEntry(source, program);
  const origin = (offset: number): number => script.origin(Math.max(0, rewritten.origin(offset) - wrapped));

  const assigned = assignedNames(program);
  const assignedConst = assigned.find((a) => context.isConst(a.name) && !rewritten.declares.includes(a.name));
  if (assignedConst) {
    throw new EntryError(
      `${assignedConst.name} is a const; declare it again to change it: const ${assignedConst.name} = …`,
      script.origin(Math.max(0, assignedConst.offset - wrapped)),
    );
  }
  const isEnum = rewritten.endsWithVar && !/\bvar\b/.test(text);
  const hasValue = rewritten.hasValue && !isEnum;
  return {
    kind: "run",
    code: rewritten.code,
    origin,
    declares: rewritten.declares,
    consts: rewritten.consts,
    imports: rewritten.imports,
    assigns: [...new Set(assigned.map((a) => a.name))],
    mentions: identifiers(program),
    isAsync: rewritten.isAsync,
    hasValue,
    shows: hasValue && tokenize(text).at(-2)?.text !== ";",
  };
}

/** Text that is JavaScript as it stands keeps its layout; only what may be TypeScript goes through the compiler. */
function toJavaScript(text: string, context: EntryContext): Derived {
  // `f<number>(x)` parses as two comparisons; a text with a "<" is TypeScript until the compiler has seen it.
  if (!text.includes("<") && (parses(text) || isObjectLiteral(text))) return { code: text, origin: (offset) => offset };
  if (/^\s*\{/.test(text) && !/;\s*$/.test(text)) {
    try {
      const inBrackets = context.stripTypes(`(${text})`);
      return { code: inBrackets.code, origin: (offset) => Math.max(0, inBrackets.origin(offset) - 1) };
    } catch {
      // A block of statements after all.
    }
  }
  return context.stripTypes(text);
}

function parses(text: string): boolean {
  try {
    parseProgram(text);
    return true;
  } catch {
    return false;
  }
}

/** `{a: 1}` is an object at a prompt, although a program would read it as a block. */
function isObjectLiteral(text: string): boolean {
  return /^\s*\{/.test(text) && !/;\s*$/.test(text) && parses(`(${text.trim()})`);
}

function parseEntry(code: string, origin: Derived["origin"]): { program: Program; source: string; wrapped: number } {
  const wrap = isObjectLiteral(code);
  const source = wrap ? `(${code})` : code;
  try {
    return { program: parseProgram(source), source, wrapped: wrap ? 1 : 0 };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const offset = (error as SyntaxError & { pos?: number }).pos ?? 0;
    throw new EntryError(error.message.replace(/ \(\d+:\d+\)$/, ""), origin(offset));
  }
}

function parseProgram(source: string): Program {
  return parse(source, { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: true });
}

function identifiers(program: Program): Set<string> {
  const names = new Set<string>();
  walk(program, (node) => {
    if (node.type === "Identifier") names.add((node as unknown as { name: string }).name);
    return true;
  });
  return names;
}

/** What `next` makes of `first`; its errors are led back too. */
function chain(first: Derived, next: () => Derived): Derived {
  try {
    const second = next();
    return { code: second.code, origin: (offset) => first.origin(second.origin(offset)) };
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new EntryError(error.message, first.origin(error.offset), error.incomplete);
  }
}
