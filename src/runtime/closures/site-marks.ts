/**
 * What rewrite.ts puts around a function that is written into a call of ours: `$tjl$.t(0,()=>({a,b}),` before it and `)` after it. sites.ts has
 * the other end.
 */
import type { WrittenFunction } from "./reader/scope-types.ts";
import { type Mark, RECORD } from "./rewrite.ts";

const CALLS = [
  "remotecall",
  "remotecallFetch",
  "remotecallWait",
  "remoteDo",
  "spawnat",
  "spawn",
  "fetchfrom",
  "everywhere",
  "pmap",
  "parallel",
];
const CALL = new RegExp(`\\b(?:${CALLS.join("|")})\\s*\\(`);

export function hasCalls(code: string): boolean {
  return CALL.test(code);
}

/** Collects the functions that are written into calls of ours, and marks them once all of the module is known. */
export class SiteMarks {
  readonly #isDriver: boolean;
  readonly #found: WrittenFunction[] = [];
  /** Of the module; undefined when it has not been read to its end. */
  #imports: ReadonlyMap<string, unknown> | undefined;
  constructor(isDriver: boolean) {
    this.#isDriver = isDriver;
  }

  add(callee: string, f: WrittenFunction): void {
    if (CALLS.includes(callee)) this.#found.push(f);
  }

  /** The whole module has been read. */
  settle(imports: ReadonlyMap<string, unknown>): void {
    this.#imports = imports;
  }

  write(mark: Mark): void {
    if (!this.#imports) return;
    this.#found.forEach((f, id) => {
      const names = this.#namesOf(f);
      if (!names || names.length === 0) return;
      mark(f.from, `${RECORD}.t(${id},()=>({${names.join(",")}}),`);
      mark(f.to, ")");
    });
  }

  /** Those that travel by value; undefined when the function takes along what has no name. */
  #namesOf(f: WrittenFunction): string[] | undefined {
    const names = new Set<string>();
    for (const { name, declaredIn } of f.references) {
      if (NAMELESS.has(name)) return undefined;
      const isOfModule = declaredIn === "module";
      if (declaredIn !== undefined && !(isOfModule && (!this.#isDriver || this.#imports?.has(name)))) names.add(name);
    }
    return [...names];
  }
}

const NAMELESS = new Set(["this", "super", "new.target", "arguments"]);
