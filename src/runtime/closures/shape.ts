/**
 * Where the outer names of one function lead. It never changes for a function object, so it is found once; only the values in the
 * variables have to be read again for each sending (capture.ts).
 */
import { UsageError } from "../../errors.ts";
import { type BuiltinPath, builtinPath, globalNames, ownPath } from "./builtins.ts";
import { type Code, codeOf } from "./code.ts";
import { isEverywhereName, isPromptVariable, namesVersion, referenceNamed } from "./everywhere-names.ts";
import { type ImportReference, importsOf } from "./imports.ts";
import { type FreeName, type FunctionFacts, factsOf } from "./names.ts";
import { type Peeked, type PeekedScope, peek } from "./peek.ts";
import { RecentMap } from "./recent-map.ts";
import { isModuleRecord, type ModuleRecord, recordOf } from "./records.ts";
import { isOwnFile } from "./resolve.ts";
import { RECORD, THIS } from "./rewrite.ts";
import { type Site, siteOf } from "./sites.ts";
import { strictScripts, unregistered, urlOfScript } from "./unregistered.ts";
import { shapeUnseen } from "./unseen.ts";

// biome-ignore lint/complexity/noBannedTypes: any function at all can be sent
export type AnyFunction = Function;

/** A name that has to be supplied where the function runs; names that are not listed are found there. */
export type Binding =
  /** The value of a variable in the scope with this index. */
  | {
      readonly kind: "value";
      readonly name: string;
      readonly scope: number;
      readonly isWritten: boolean;
      readonly isEarly: boolean;
    }
  /** A global of this process that stands for a variable of the prompt. */
  | { readonly kind: "global"; readonly name: string }
  | { readonly kind: "import"; readonly name: string; readonly from: ImportReference }
  /** `require` of a CommonJS file. */
  | { readonly kind: "require"; readonly name: string };

export type Shape =
  | { readonly kind: "builtin"; readonly path: BuiltinPath }
  | { readonly kind: "bound" }
  /** The value of a name in a module that the other process has too. */
  | { readonly kind: "module"; readonly url: string; readonly name: string }
  | {
      readonly kind: "code";
      readonly code: Code;
      readonly facts: FunctionFacts;
      readonly bindings: readonly Binding[];
      readonly record: ModuleRecord | undefined;
      /** The scope that has the marker which leads to `this`; -1 when the arrow stands in no function. */
      readonly thisScope: number;
      readonly argumentsScope: number;
    }
  /** It cannot travel. */
  | { readonly kind: "refused"; readonly reason: string };

export type CodeShape = Extract<Shape, { kind: "code" }>;

interface KnownShape {
  readonly shape: Shape;
  /** The state of the names everywhere that it depends on; FOR_EVER when each of its names was found. */
  readonly version: number;
}

export const FOR_EVER = -1;
const NOT_AT_ALL = -2;
const shapes = new WeakMap<AnyFunction, KnownShape>();

/** How long the shape of a function holds: a version of the names everywhere, FOR_EVER, or less than any. */
export function versionOf(f: AnyFunction): number {
  return shapes.get(f)?.version ?? NOT_AT_ALL;
}

/** `seen` takes what was seen of the function's scopes when they had to be looked at. */
export function shapeOf(f: AnyFunction): Shape {
  const known = shapes.get(f);
  if (known && holds(known)) return known.shape;
  const site = siteOf(f);
  const same = site && knownAt(site);
  if (same) {
    shapes.set(f, same);
    return same.shape;
  }
  const ours = ownPath(f);
  const text = ours ? "" : Function.prototype.toString.call(f);
  const found = ours
    ? { shape: { kind: "builtin", path: ours } as const, version: FOR_EVER }
    : isNative(text)
      ? { shape: nativeShape(f), version: FOR_EVER }
      : scriptShape(f, text);
  shapes.set(f, found);
  if (site && found.shape.kind === "code" && last?.f === f) keepAt(site, found, last.peeked);
  return found.shape;
}

function holds({ version }: KnownShape): boolean {
  return version === FOR_EVER || version === namesVersion();
}

function holdsFor(shape: Shape): number {
  if (shape.kind !== "code") return FOR_EVER;
  const { facts, bindings, record } = shape;
  const found = new Set(bindings.map((binding) => binding.name));
  const isComplete = facts.free.every(({ name }) => found.has(name) || globalNames.has(name) || shape.code.isOfModule);
  if (isComplete) return FOR_EVER;
  // At the prompt any later line may declare the name.
  return record ? namesVersion() : NOT_AT_ALL;
}

function isNative(text: string): boolean {
  return text.endsWith("{ [native code] }");
}

function nativeShape(f: AnyFunction): Shape {
  const path = builtinPath(f);
  if (path) return { kind: "builtin", path };
  if (f.name.startsWith("bound ")) return { kind: "bound" };
  return {
    kind: "refused",
    reason: `the native function ${f.name || "(anonymous)"} has no name that another process knows`,
  };
}

/** What was found of a function of the driver holds for all that are made at the same place. */
interface PlaceShape extends KnownShape {
  readonly text: string;
  readonly name: string;
  readonly depth: number;
}
const placeShapes = new RecentMap<string, PlaceShape>(5000);

function scriptShape(f: AnyFunction, text: string): KnownShape {
  let peeked: Peeked;
  try {
    peeked = look(f);
  } catch (error) {
    const shape = error instanceof UsageError ? shapeUnseen(f, text) : undefined;
    if (!shape || (shape.kind === "code" && problemOf(shape.facts))) throw error;
    return { shape, version: holdsFor(shape) };
  }
  const { scriptId, line, column, scopes } = peeked;
  const { name } = f;
  const place = `${scriptId}:${line}:${column}`;
  const known = placeShapes.get(place);
  if (known?.text === text && known.name === name && known.depth === scopes.length && holds(known)) return known;
  const shape = peekedShape(f, text, peeked);
  const found = { shape, version: holdsFor(shape), text, name, depth: scopes.length };
  if (shape.kind === "code" && !shape.code.isOfModule) placeShapes.set(place, found);
  return found;
}

function peekedShape(f: AnyFunction, text: string, peeked: Peeked): Shape {
  const { scopes } = peeked;
  const recordAt = scopes.findIndex((scope) => isModuleRecord(read(scope, RECORD)));
  let record = recordAt < 0 ? undefined : (read(scopes[recordAt] as PeekedScope, RECORD) as ModuleRecord);
  let moduleAt = recordAt;
  if (!record) {
    const path = builtinPath(f);
    if (path) return { kind: "builtin", path };
    moduleAt = scopes.findLastIndex((scope) => scope.kind === "module" || scope.kind === "closure");
    record = moduleAt < 0 ? undefined : unregistered(peeked);
    if (record?.url.startsWith("node:")) {
      return { kind: "refused", reason: `${f.name || "a function"} belongs to Node itself (${record.url})` };
    }
    if (record && isOwnFile(record.url)) {
      return { kind: "refused", reason: `${f.name || "a function"} is an inner part of tjulia` };
    }
  }
  if (record && !record.isDriver) {
    const name = nameInModule(f, scopes[moduleAt] as PeekedScope);
    if (name !== undefined) return { kind: "module", url: record.url, name };
  }
  return codeShape(f, text, peeked, record, moduleAt);
}

function codeShape(
  f: AnyFunction,
  text: string,
  peeked: Peeked,
  record: ModuleRecord | undefined,
  moduleAt: number,
): Shape {
  const facts = factsOf(text);
  const problem = problemOf(facts);
  if (problem) return { kind: "refused", reason: problem };
  const { scopes } = peeked;
  const bindings: Binding[] = [];
  for (const free of facts.free) {
    const binding = bindingOf(free, scopes, record, moduleAt);
    if (binding) bindings.push(binding);
  }
  const thisScope = facts.usesThis ? scopes.findIndex((scope) => THIS in scope.variables) : -1;
  const lost = facts.keyNames.find(
    (name) => !bindings.some((binding) => binding.name === name) && !globalNames.has(name),
  );
  if (lost !== undefined && !(record && !record.isDriver)) {
    return {
      kind: "refused",
      reason: `it computes a key from ${lost}, which nothing in the class keeps; use it in a method too`,
    };
  }
  const untold = facts.usesThis && thisScope < 0 ? untoldThis(facts, record) : undefined;
  if (untold) return { kind: "refused", reason: untold };
  const argumentsScope = facts.usesArguments ? scopes.findIndex((scope) => "arguments" in scope.variables) : -1;
  const { line, column } = startOf(text, facts, peeked);
  const code = codeOf(text, facts, f.name, {
    url: record?.url ?? urlOfScript(peeked.scriptId),
    line,
    column,
    isStrict: record?.isStrict ?? strictScripts.has(peeked.scriptId),
    isCommonJs: record?.isCommonJs ?? false,
    isOfModule: record !== undefined && !record.isDriver,
  });
  return { kind: "code", code, facts, bindings, record, thisScope, argumentsScope };
}

/** What no other process can make again from the text alone. */
function problemOf(facts: FunctionFacts): string | undefined {
  const { form } = facts;
  if (facts.hasDirectEval) return "it calls eval, which could use any variable";
  if (facts.privateNames.length > 0) {
    return `it uses ${facts.privateNames[0]}, which belongs to its class; send the class or an instance`;
  }
  if (facts.usesSuper && form !== "class")
    return "it uses super, which belongs to the class or object that it stands in; send the class or an instance";
  if (facts.usesNewTarget) return "it uses new.target of the function around it";
  return undefined;
}

function bindingOf(
  { name, isWritten, isEarly }: FreeName,
  scopes: readonly PeekedScope[],
  record: ModuleRecord | undefined,
  moduleAt: number,
): Binding | undefined {
  const scope = scopes.findIndex(({ kind, variables }) => kind !== "global" && name in variables);
  if (scope < 0) return outerBinding(name);
  if (scope !== moduleAt || !record) return { kind: "value", name, scope, isWritten, isEarly };
  if (!record.isDriver) return undefined;
  const from = (record.imports ?? importsOf(record.url)).get(name);
  if (from) return { kind: "import", name, from };
  if (record.isCommonJs && name === "require") return { kind: "require", name };
  return { kind: "value", name, scope, isWritten, isEarly };
}

/** A name that no scope of the function has: a global, or nothing. */
function outerBinding(name: string): Binding | undefined {
  const from = referenceNamed(name);
  if (from) return { kind: "import", name, from: { key: from.url, exported: from.exported } };
  return isPromptVariable(name) && !isEverywhereName(name) ? { kind: "global", name } : undefined;
}

/** The name under which the module itself has this function. */
function nameInModule(f: AnyFunction, scope: PeekedScope): string | undefined {
  if (read(scope, f.name) === f) return f.name;
  return Object.keys(scope.variables).find((name) => read(scope, name) === f);
}

/** Variables that have not been initialised throw. */
function read(scope: PeekedScope, name: string): unknown {
  if (!Object.hasOwn(scope.variables, name)) return undefined;
  try {
    return scope.variables[name];
  } catch {
    return undefined;
  }
}

/** Why an arrow's `this` cannot be told, where it has no marker. At the top of an ES module it is undefined, and needs none. */
function untoldThis(facts: FunctionFacts, record: ModuleRecord | undefined): string | undefined {
  if (facts.form === "class" || record?.imports) return undefined;
  const what = "it is an arrow function that uses `this`";
  if (!record) return `${what} of code that no loader has seen; give it the value in a variable`;
  if (recordOf(record.url) !== record)
    return `${what}, which can be told only of code that our loader has seen: start Node with --import tjulia/register`;
  if (record.url.includes("/node_modules/")) return `${what} and belongs to a package (${record.url})`;
  return record.isCommonJs ? `${what} of a CommonJS file` : undefined;
}

// What was seen of the function whose shape was found last. It is about to be encoded, and need not be looked at again.

let last: { readonly f: AnyFunction; readonly peeked: Peeked } | undefined;
/** What was seen of functions that are being sent to several processes at once. */
let shared: Map<AnyFunction, Peeked> | undefined;

function look(f: AnyFunction): Peeked {
  const peeked = shared?.get(f) ?? peek(f);
  shared?.set(f, peeked);
  last = { f, peeked };
  return peeked;
}

/** The scopes of `f` as they are now. */
export function lookInto(f: AnyFunction): Peeked {
  const peeked = last?.f === f ? last.peeked : (seenAtSite(f) ?? look(f));
  last = undefined;
  return peeked;
}

// Functions that are written into a call: all that are made there have one shape, and a way to their variables.

interface KnownSite {
  readonly known: KnownShape;
  readonly seen: Omit<Peeked, "scopes">;
  readonly scopes: readonly Omit<PeekedScope, "variables">[];
  /** Variables that have to be given. */
  readonly names: readonly string[];
}

const knownSites = new WeakMap<ModuleRecord, Map<number, KnownSite>>();

function knownAt({ record, id }: Site): KnownShape | undefined {
  const known = knownSites.get(record)?.get(id)?.known;
  return known && holds(known) ? known : undefined;
}

function keepAt({ record, id }: Site, known: KnownShape, { scopes, ...seen }: Peeked): void {
  let ofRecord = knownSites.get(record);
  if (!ofRecord) {
    ofRecord = new Map();
    knownSites.set(record, ofRecord);
  }
  const { bindings } = known.shape as CodeShape;
  ofRecord.set(id, {
    known,
    seen,
    scopes: scopes.map(({ kind, description }) => ({ kind, description })),
    names: bindings.filter(({ kind }) => kind === "value").map(({ name }) => name),
  });
}

/** What a look would show of the variables that the function takes along; undefined when only a look can tell. */
function seenAtSite(f: AnyFunction): Peeked | undefined {
  const site = siteOf(f);
  const known = site && knownSites.get(site.record)?.get(site.id);
  if (!known) return undefined;
  let variables: Record<string, unknown>;
  try {
    variables = site.variables();
  } catch {
    return undefined;
  }
  if (!known.names.every((name) => name in variables)) return undefined;
  return { ...known.seen, scopes: known.scopes.map((scope) => ({ ...scope, variables })) };
}

/** For whoever asks for the shape of a function and does not encode it at once: its variables may change. */
export function forgetLook(): void {
  last = undefined;
}

/** While `send` runs, without a pause, each function is looked at once: all processes that it is sent to get the same variables. */
export function inOneLook<T>(send: () => T): T {
  if (shared) return send();
  shared = new Map();
  try {
    return send();
  } finally {
    shared = undefined;
  }
}

/** Where the text starts. V8 gives the parenthesis of the parameters, or of a class's constructor, for all but arrows. */
function startOf(text: string, facts: FunctionFacts, { line, column }: Peeked): { line: number; column: number } {
  const offset = reportedOffset(text, facts);
  const before = text.slice(0, offset);
  const lines = before.split("\n").length - 1;
  return { line: line - lines, column: lines === 0 ? column - offset : 0 };
}

function reportedOffset(text: string, facts: FunctionFacts): number {
  if (facts.form === "arrow") return 0;
  if (facts.form !== "class") return Math.max(0, text.indexOf("(", text.startsWith("[") ? text.indexOf("]") : 0));
  if (!facts.class?.hasConstructor) return 0;
  return Math.max(0, text.search(/\bconstructor\s*\(/) + (/\bconstructor\s*(?=\()/.exec(text)?.[0].length ?? 0));
}
