/**
 * What rewrite.ts puts beside a function that goes into a call of ours: a way to its variables, `$tjl$.t(0,()=>({a,b}),…)`. sites.ts has
 * the other end. Around it where it has no name, else behind it, so that it keeps its name:
 *
 *     remotecallFetch(2, $tjl$.t(0,()=>({a}),() => a + 1))
 *     const f = () => a + 1,$tjl_s0=$tjl$.t(0,()=>({a}),f);
 */
import type { FlowListener, WrittenFunction } from "./reader/scope-types.ts";
import { type Mark, RECORD } from "./rewrite.ts";
import { SentFunctions } from "./sent-functions.ts";

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
  "darray",
  "spmd",
];
const CALL = new RegExp(`\\b(?:${CALLS.join("|")})\\s*\\(`);

export function hasCalls(code: string): boolean {
  return CALL.test(code);
}

interface ReadModule {
  readonly imports: ReadonlyMap<string, unknown>;
  readonly assignedNames: ReadonlySet<string>;
}

/** Collects the functions that go into calls of ours, and marks them once all of the module is known. */
export class SiteMarks {
  readonly #isDriver: boolean;
  readonly #functions = new SentFunctions(new Set(CALLS));
  readonly flow: FlowListener = this.#functions;
  /** Undefined when the module has not been read to its end. */
  #module: ReadModule | undefined;
  constructor(isDriver: boolean) {
    this.#isDriver = isDriver;
  }

  /** The whole module has been read. */
  settle(module: ReadModule): void {
    this.#module = module;
  }

  write(mark: Mark): void {
    if (!this.#module) return;
    const { assignedNames } = this.#module;
    // Of two that end at the same place the inner one ends first.
    const found = this.#functions.found().sort((a, b) => b.f.from - a.f.from);
    for (const [id, { f, declaration, isRepeated }] of found.entries()) {
      const names = this.#namesOf(f);
      if (!names || names.length === 0 || declaration?.isExported) continue;
      // The name must stand for this very function when the mark behind its statement is reached.
      if (declaration?.isStatement && (isRepeated || assignedNames.has(declaration.name))) continue;
      const start = `${RECORD}.t(${id},()=>({${names.join(",")}}),`;
      if (!declaration) {
        mark(f.from, start);
        mark(f.to, ")");
      } else if (declaration.isStatement) mark(f.to, `;${start}${declaration.name});`);
      else mark(f.to, `,$tjl_s${id}=${start}${declaration.name})`);
    }
  }

  /** Those that travel by value; undefined when the function takes along what has no name. */
  #namesOf(f: WrittenFunction): string[] | undefined {
    const names = new Set<string>();
    for (const { name, declaredBy } of f.references) {
      if (NAMELESS.has(name)) return undefined;
      const isOfModule = declaredBy?.kind === "module";
      if (declaredBy && !(isOfModule && (!this.#isDriver || this.#module?.imports.has(name)))) names.add(name);
    }
    return [...names];
  }
}

const NAMELESS = new Set(["this", "super", "new.target", "arguments"]);
