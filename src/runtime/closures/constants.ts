/**
 * Functions that are sent again and again: when no variable that they take along is ever assigned to after it has its value, what was
 * seen once holds, and they need not be looked into any more. Which names are assigned to is read from the whole module; as
 * that takes some milliseconds, it is done once repeated looks have cost as much.
 */
import { codeOnDisk } from "./imports.ts";
import type { PeekedScope } from "./peek.ts";
import { ScopeReader } from "./reader/reader.ts";
import { ScanError } from "./reader/tokens.ts";
import { sourceOf } from "./records.ts";
import type { AnyFunction, CodeShape } from "./shape.ts";

/** When repeated looks at the functions of a module have taken so long, it is read. */
const READING_MS = 3;

const constants = new WeakMap<AnyFunction, readonly PeekedScope[]>();
const seenBefore = new WeakSet<AnyFunction>();
const spentMs = new Map<string, number>();
const assigned = new Map<string, ReadonlySet<string> | undefined>();

/** The variables of `f`, when they cannot have changed since they were seen. */
export function knownVariables(f: AnyFunction): readonly PeekedScope[] | undefined {
  return constants.get(f);
}

/** Takes note of what was seen of `f`, by a look that took so long. */
export function noteVariables(f: AnyFunction, shape: CodeShape, scopes: readonly PeekedScope[], ms: number): void {
  if (!seenBefore.has(f)) {
    seenBefore.add(f);
    return;
  }
  const { url } = shape.code;
  const spent = (spentMs.get(url) ?? 0) + ms;
  spentMs.set(url, spent);
  if (spent < READING_MS || shape.thisScope >= 0 || shape.argumentsScope >= 0) return;
  const kept = scopes.map(({ kind, description }) => ({ kind, description, variables: {} as Record<string, unknown> }));
  for (const binding of shape.bindings) {
    if (binding.kind === "import") continue;
    if (binding.kind !== "value" || !isConstant(url, binding.name)) return;
    const value = seenValue(scopes[binding.scope], binding.name);
    // It may not have its value yet (Node 20 does not tell).
    if (value === undefined) return;
    (kept[binding.scope] as { variables: Record<string, unknown> }).variables[binding.name] = value;
  }
  constants.set(f, kept);
}

function seenValue(scope: PeekedScope | undefined, name: string): unknown {
  try {
    return scope?.variables[name];
  } catch {
    return undefined;
  }
}

function isConstant(url: string, name: string): boolean {
  if (!assigned.has(url)) assigned.set(url, assignedNames(url));
  const names = assigned.get(url);
  return names !== undefined && !names.has(name);
}

function assignedNames(url: string): ReadonlySet<string> | undefined {
  const code = sourceOf(url)?.code ?? codeOnDisk(url);
  if (code === undefined) return undefined;
  try {
    const reader = new ScopeReader(code);
    reader.program();
    return reader.hasDirectEval ? undefined : reader.assignedNames;
  } catch (error) {
    if (error instanceof ScanError) return undefined;
    throw error;
  }
}
