/**
 * What is added to a module when it is loaded: the two things that the inspector cannot show. Nothing is wrapped, no line moves.
 *
 * - On its first line, `const $tjl$=…`: registers the module. The arrow in it keeps `$tjl$` in the module's scope, so that every
 *   function of the module leads to it. Modules that functions can refer to also hand out `$=>eval($)`, which reaches
 *   their inner names; the driver does not, because it makes all of a module's top-level variables slower, nor does a module
 *   with loops at its top level.
 * - `remotecallFetch(2, $tjl$.t(0,()=>({a}), () => a + 1))`: the variables of functions that are written into a call of ours (sites.ts).
 * - `const $tjl_this=()=>($tjl_this,this);` in functions that have an arrow which uses their `this`, so that the arrow
 *   leads to it.
 *
 * Only files that have such calls, or both `this` and `=>`, are read for that.
 */
import { isAlone, markOwnImports, type OwnUrl } from "./alone.ts";
import { ScopeReader } from "./reader/reader.ts";
import { ScanError } from "./reader/tokens.ts";
import { hasCalls, SiteMarks } from "./site-marks.ts";

export type ModuleFormat = "module" | "commonjs";

/** Text that was put into a line: positions after `column` (of the text before) moved right by `length`. All zero-based. */
export interface Insertion {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export interface Rewritten {
  readonly code: string;
  readonly insertions: readonly Insertion[];
  /** It can be imported without our loader; told when `ownUrl` is given. */
  readonly isAlone?: boolean;
}

export interface RewriteOptions {
  readonly format: ModuleFormat;
  readonly isDriver: boolean;
  /** Code of a package: not searched for top-level loops and `this`. */
  readonly isPackage?: boolean;
  readonly ownUrl?: OwnUrl | undefined;
}

/** The name of the module's record in its own scope, and of the marker that leads to a function's `this`. */
export const RECORD = "$tjl$";
export const THIS = "$tjl_this";
/** Registers modules; `Symbol.for` of it on globalThis. */
export const REGISTER = "tjulia.module";

const MARKER = `const ${THIS}=()=>(${THIS},this);`;

export function rewrite(code: string, options: RewriteOptions): Rewritten {
  const marks = new Map<number, string>();
  const { mark, markAfterDirectives } = marker(code, marks);
  const { ownUrl } = options;
  let hasTopLevelLoop = false;
  let alone = false;
  if (!options.isPackage) {
    const wantsThis = code.includes("this") && code.includes("=>");
    const mayLoop = !options.isDriver && mayLoopAtTop(code);
    const sites = hasCalls(code) ? new SiteMarks(options.isDriver) : undefined;
    if (wantsThis || mayLoop === "perhaps" || sites || ownUrl) {
      const { hasLoop, reader } = readModule(code, wantsThis ? { mark, markAfterDirectives } : undefined, sites);
      hasTopLevelLoop = hasLoop;
      alone = reader !== undefined && ownUrl !== undefined && isAlone(code, reader, ownUrl);
      if (reader && ownUrl && alone) markOwnImports(reader, ownUrl, mark);
    }
    sites?.write(mark);
    hasTopLevelLoop ||= mayLoop === "surely";
  }
  const evaluator = options.isDriver || hasTopLevelLoop ? "" : ",$=>eval($)";
  const start = afterHashbang(code);
  if (options.format === "commonjs") markAfterDirectives(start, prefix(options, evaluator, code));
  else mark(start, prefix(options, evaluator, code));
  return { ...insert(code, marks), ...(ownUrl && { isAlone: alone }) };
}

/** The marks for `this` alone, for code that is no module: an entry of the prompt. */
export function markThis(code: string): Rewritten {
  if (!code.includes("this") || !code.includes("=>")) return { code, insertions: [] };
  const marks = new Map<number, string>();
  readModule(code, marker(code, marks));
  return insert(code, marks);
}

function marker(code: string, marks: Map<number, string>): Marker {
  const mark: Mark = (at, text) => void marks.set(at, (marks.get(at) ?? "") + text);
  return {
    mark,
    markAfterDirectives(from, text) {
      const end = endOfDirectives(code, from);
      mark(end, end > from && code[end - 1] !== ";" ? `;${text}` : text);
    },
  };
}

function prefix({ format, isDriver }: RewriteOptions, evaluator: string, code: string): string {
  const role = isDriver ? "d" : "i";
  const register = `globalThis[Symbol.for("${REGISTER}")]`;
  if (format === "module") return `const ${RECORD}=${register}("${role}",()=>${RECORD},import.meta${evaluator});`;
  const strictness = hasUseStrict(code) ? "s" : "";
  return `const ${RECORD}=${register}("${role}c${strictness}",()=>${RECORD},{module,require}${evaluator});`;
}

function afterHashbang(code: string): number {
  if (!code.startsWith("#!")) return 0;
  const end = code.indexOf("\n");
  return end < 0 ? code.length : end + 1;
}

const DIRECTIVE =
  /(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:"[^"\n]*"|'[^'\n]*')[ \t]*(?:;|(?=\s*\n\s*(?![\s.([+\-*/,?`]))|(?=\s*\}))/y;

/** The end of "use strict" and other directives that start at `from`. */
function endOfDirectives(code: string, from: number): number {
  let at = from;
  for (;;) {
    DIRECTIVE.lastIndex = at;
    if (!DIRECTIVE.test(code)) return at;
    at = DIRECTIVE.lastIndex;
  }
}

export function hasUseStrict(code: string): boolean {
  return /["']use strict["']/.test(code.slice(0, endOfDirectives(code, afterHashbang(code))));
}

/**
 * A statement that starts a line without indentation is at the top level (the compiler prints it so). One inside an `if`, a `try` or a
 * block there needs a closer look.
 */
function mayLoopAtTop(code: string): "surely" | "perhaps" | "no" {
  if (/^(?:[\w$]+:\s*)?(?:for|while|do)\b/m.test(code)) return "surely";
  if (!/^\s+(?:for|while|do)\b/m.test(code)) return "no";
  return /^(?:if|try|switch|\{|\}\s*(?:else|catch|finally)|[\w$]+:)/m.test(code) ? "perhaps" : "no";
}

export type Mark = (at: number, text: string) => void;
interface Marker {
  readonly mark: Mark;
  readonly markAfterDirectives: Mark;
}

/** Finds the places for `$tjl_this`, and whether the module has a loop at its top level. No reader: the code is not valid. */
function readModule(
  code: string,
  marker: Marker | undefined,
  sites?: SiteMarks,
): { hasLoop: boolean; reader: ScopeReader | undefined } {
  let hasLoop = false;
  const done = new Set<number>();
  const reader = new ScopeReader(code, {
    statement(keyword, scope) {
      if (keyword !== "for" && keyword !== "while" && keyword !== "do") return;
      let at: typeof scope | undefined = scope;
      while (at?.kind === "block") at = at.parent;
      if (at?.kind === "module") hasLoop = true;
    },
    ...(sites && { flow: sites.flow }),
    ...(marker && {
      thisInArrow(where, from, to, name) {
        if (done.has(from)) return;
        done.add(from);
        const { mark, markAfterDirectives } = marker;
        if (where === "body") markAfterDirectives(from + 1, MARKER);
        else {
          const key = JSON.stringify(name ?? "");
          mark(from, name === undefined ? `((${THIS})=>(()=>${THIS},` : `((${THIS})=>(()=>${THIS},{[${key}]:`);
          mark(to, name === undefined ? "))(()=>this)" : `}[${key}]))(()=>this)`);
        }
      },
    }),
  });
  try {
    reader.program();
    sites?.settle(reader);
    return { hasLoop, reader };
  } catch (error) {
    // Not valid JavaScript: V8 is about to say so.
    if (!(error instanceof ScanError)) throw error;
    return { hasLoop, reader: undefined };
  }
}

function insert(code: string, marks: ReadonlyMap<number, string>): Rewritten {
  const places = [...marks].sort(([a], [b]) => a - b);
  const insertions: Insertion[] = [];
  let result = "";
  let from = 0;
  let line = 0;
  let lineStart = 0;
  for (const [at, text] of places) {
    for (let end = code.indexOf("\n", from); end >= 0 && end < at; end = code.indexOf("\n", end + 1)) {
      line++;
      lineStart = end + 1;
    }
    result += code.slice(from, at) + text;
    insertions.push({ line, column: at - lineStart, length: text.length });
    from = at;
  }
  return { code: result + code.slice(from), insertions };
}

/** The column before anything was inserted. */
export function columnBefore(insertions: readonly Insertion[], line: number, column: number): number {
  let moved = 0;
  for (const insertion of insertions) {
    if (insertion.line !== line) continue;
    const start = insertion.column + moved;
    if (column < start) break;
    // Inside the inserted text: the place where it was put.
    if (column < start + insertion.length) return insertion.column;
    moved += insertion.length;
  }
  return column - moved;
}
