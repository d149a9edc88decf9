/**
 * What Tab offers: a function of the text before the cursor and of what the session knows. Names, members (getters are not
 * run), paths in strings, macros, commands, help topics, and names that live on the worker a call goes to.
 */
import { isIdentifier } from "../../identifier.ts";
import { type Token, tokenize } from "./macros-tokens.ts";

export interface Completion {
  /** What may stand instead of the text from `start` to the cursor, sorted, without repeats. */
  candidates: string[];
  start: number;
  /** Told instead where there is nothing to complete: how the function is called whose bracket has just been opened. */
  note?: string;
}

/** What completion asks of the session. */
export interface CompletionState {
  /** Names that can be used here: variables of the session and the public functions. */
  sessionNames(): Iterable<string>;
  /** All other names of the global scope. */
  platformNames(): Iterable<string>;
  /** The value of a global name; undefined when it has none. */
  lookUp(name: string): unknown;
  /** The entries of a folder, folders with a slash at the end; none when it cannot be read. */
  list(folder: string): string[];
  /** What can be imported by name. */
  packages(): string[];
  /** The names that live on a process; none when it does not answer soon. */
  remoteNames(pid: number): Promise<string[]>;
  helpTopics(): string[];
  /** The first lines of the help for a name; undefined when there is none. */
  signature(name: string): string | undefined;
  commands(): string[];
}

export const MACRO_NAMES = [
  "everywhere",
  "spawnat",
  "spawn",
  "fetch",
  "fetchfrom",
  "async",
  "sync",
  "parallel",
  "time",
];
const KEYWORDS =
  "async await break case catch class const continue delete do else enum export extends finally for from function if import instanceof interface let new of return static super switch this throw try typeof void while yield true false null undefined".split(
    " ",
  );
const LOADERS = new Set(["include", "using", "import", "require", "from"]);

export async function complete(text: string, cursor: number, state: CompletionState): Promise<Completion> {
  const before = text.slice(0, cursor);
  if (before.startsWith("?")) return offer(state.helpTopics(), before.slice(1).trimStart(), cursor);
  if (before.startsWith(";")) return completePath(/\S*$/.exec(before)?.[0] ?? "", cursor, state, []);
  if (/^\.\w*$/.test(before)) return offer(state.commands(), before, cursor);
  const fileCommand = /^\.(?:load|save)\s+(\S*)$/.exec(before);
  if (fileCommand) return completePath(fileCommand[1] as string, cursor, state, []);

  const tokens = tokenize(before).slice(0, -1);
  const last = tokens.at(-1);
  if (last?.kind === "bad" && /^["']/.test(last.text)) return completeString(last, tokens, cursor, state);
  const inComment = /\/\/[^\n]*$/.test(before.slice(last?.end ?? 0));
  if (last?.kind === "bad" || inComment) return { candidates: [], start: cursor };
  if (last?.kind === "at" && last.end === cursor) return offer(MACRO_NAMES, last.text, cursor);
  if (before.endsWith("@")) return offer(MACRO_NAMES, "", cursor);

  const touches = last?.kind === "name" && last.end === cursor;
  const word = touches ? last.text : "";
  const left = touches ? tokens.slice(0, -1) : tokens;
  const dot = left.at(-1)?.text;
  if (dot === "." || dot === "?.") return offer(members(left.slice(0, -1), state), word, cursor);

  const note = word === "" ? callNote(left, state) : undefined;
  if (note !== undefined) return { candidates: [], start: cursor, note };
  const names = [...state.sessionNames()];
  const pid = targetProcess(tokens);
  if (pid !== undefined) names.push(...(await state.remoteNames(pid)));
  if (word !== "") names.push(...state.platformNames(), ...KEYWORDS);
  return offer(names, word, cursor);
}

/** How the function before an open bracket is called: a public one as its help says, the user's own as it was written. */
function callNote(tokens: readonly Token[], state: CompletionState): string | undefined {
  if (tokens.at(-1)?.text !== "(" || tokens.at(-2)?.kind !== "name") return undefined;
  const path = pathBefore(tokens.slice(0, -1));
  const [first, ...rest] = path;
  if (first === undefined) return undefined;
  const told = rest.length === 0 ? state.signature(first) : undefined;
  if (told !== undefined) return told;
  let value = state.lookUp(first);
  for (const name of rest) value = plainProperty(value, name);
  if (typeof value !== "function" || value.toString().includes("[native code]")) return undefined;
  const head = /^(?:async\s+)?(?:function\s*\*?\s*)?[\w$]*\s*(\([\s\S]*?\))\s*(?:=>|\{)/.exec(value.toString())?.[1];
  return head && `${path.join(".")}${head.replace(/\s+/g, " ")}`;
}

function offer(words: Iterable<string>, typed: string, cursor: number): Completion {
  const candidates = [...new Set(words)].filter((word) => word.startsWith(typed) && (typed !== "" || word[0] !== "_"));
  return { candidates: candidates.sort(), start: cursor - typed.length };
}

/** The path or package in an open string: after include( and its like anything, elsewhere only what looks like a path. */
function completeString(open: Token, tokens: Token[], cursor: number, state: CompletionState): Completion {
  const typed = open.text.slice(1);
  const beforeIt = tokens.at(-2)?.text === "(" ? tokens.at(-3)?.text : tokens.at(-2)?.text;
  const loads = LOADERS.has(beforeIt ?? "");
  if (!loads && !/^(\.{0,2}|~)\//.test(typed)) return { candidates: [], start: cursor };
  const byName = loads && beforeIt !== "include" && !/^[./~]/.test(typed) ? state.packages() : [];
  return completePath(typed, cursor, state, byName);
}

function completePath(typed: string, cursor: number, state: CompletionState, others: string[]): Completion {
  const slash = typed.lastIndexOf("/") + 1;
  const [folder, part] = [typed.slice(0, slash), typed.slice(slash)];
  const entries = state.list(folder || ".").filter((name) => part !== "" || !name.startsWith("."));
  const words = [...entries.map((name) => folder + name), ...others];
  return offer(words, typed, cursor);
}

/** The members of what stands before a dot: names joined by dots, or a literal. */
function members(tokens: readonly Token[], state: CompletionState): string[] {
  const last = tokens.at(-1);
  if (!last) return [];
  if (last.kind === "string" || last.kind.startsWith("template")) return namesOf("");
  if (last.kind === "regexp") return namesOf(/x/);
  if (last.text === "]" && isLiteralBracket(tokens, last)) return namesOf([]);
  const [first, ...rest] = pathBefore(tokens);
  if (first === undefined) return [];
  let value = state.lookUp(first);
  for (const name of rest) value = plainProperty(value, name);
  return value === undefined || value === null ? [] : namesOf(value);
}

/** The names of `a.b.c` at the end of the tokens; none when it begins with something else than a name. */
function pathBefore(tokens: readonly Token[]): string[] {
  const path: string[] = [];
  let i = tokens.length - 1;
  for (; tokens[i]?.kind === "name"; i -= 2) {
    path.unshift((tokens[i] as Token).text);
    const joint = tokens[i - 1]?.text;
    if (joint !== "." && joint !== "?.") break;
  }
  return tokens[i]?.kind === "name" ? path : [];
}

function isLiteralBracket(tokens: readonly Token[], close: Token): boolean {
  const before = tokens[close.opener - 1];
  return close.opener >= 0 && (before === undefined || (before.kind === "punctuator" && !/^[)\]}]$/.test(before.text)));
}

/** A property's value where no getter would have to run for it. */
function plainProperty(value: unknown, name: string): unknown {
  for (let at = value as object | null; at !== null && at !== undefined; at = Object.getPrototypeOf(at)) {
    const property = Object.getOwnPropertyDescriptor(Object(at), name);
    if (property) return property.value;
  }
  return undefined;
}

function namesOf(value: unknown): string[] {
  const names = new Set<string>();
  for (let at: object | null = Object(value); at !== null; at = Object.getPrototypeOf(at)) {
    if (at === Object.prototype && names.size > 0) break;
    // The elements of an array are its own properties, millions perhaps; its members are its prototype's.
    if (at === value && (Array.isArray(at) || ArrayBuffer.isView(at))) continue;
    for (const name of Object.getOwnPropertyNames(at)) {
      if (isIdentifier(name)) names.add(name);
    }
  }
  if (typeof value === "function") for (const name of ["arguments", "caller"]) names.delete(name);
  return [...names];
}

/** The process whose names help here: inside `@spawnat 2 …`, `@fetchfrom 2 …`, `remotecall(2, …`, `fetchfrom(2, …`. */
function targetProcess(tokens: readonly Token[]): number | undefined {
  for (let i = tokens.length - 1; i >= 0; i--) {
    const { kind, text } = tokens[i] as Token;
    const isCall = kind === "name" && /^(remotecall\w*|remoteDo|spawnat|fetchfrom)$/.test(text);
    const isMacro = kind === "at" && (text === "spawnat" || text === "fetchfrom");
    const number = isMacro ? tokens[i + 1] : isCall && tokens[i + 1]?.text === "(" ? tokens[i + 2] : undefined;
    if (number?.kind === "number") return Number(number.text);
  }
  return undefined;
}
