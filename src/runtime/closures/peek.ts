/**
 * Looks into a function: the variables that it can see, scope by scope, and where its text stands. V8 tells this to debuggers only, so
 * we are our own debugger for some fifty microseconds. Nothing else in the project touches the inspector.
 */

import type { Session } from "node:inspector";
import { createRequire } from "node:module";
import { UsageError } from "../../errors.ts";
import { outOfReach } from "../wire/cut-off.ts";

const require = createRequire(import.meta.url);

export type ScopeKind = "block" | "closure" | "module" | "script" | "global";

export interface PeekedScope {
  readonly kind: ScopeKind;
  /** "Closure (outer)", as V8 describes it: the same for the same scope of the same code. */
  readonly description: string;
  /** A copy of the scope: names to values of this moment. Reading a variable that has not been initialised may throw. */
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Peeked {
  readonly scriptId: string;
  /** Zero-based, where V8 says the function starts: its text for arrows, the parenthesis of its parameters for most others. */
  readonly line: number;
  readonly column: number;
  /** Innermost first. */
  readonly scopes: readonly PeekedScope[];
}

export interface PeekedBound {
  readonly target: (...args: never[]) => unknown;
  readonly self: unknown;
  readonly args: readonly unknown[];
}

interface RemoteObject {
  objectId?: string;
  value?: { scriptId: string; lineNumber: number; columnNumber: number };
}
interface Reply {
  result: RemoteObject;
  internalProperties: { name: string; value?: RemoteObject }[];
}

/** What the code that the inspector evaluates works on. It stays where it finds it: making and removing a global is slow. */
const holder: { f: unknown; r: unknown[] } = { f: undefined, r: [] };
const HOLDER = 'globalThis[Symbol.for("tjulia.peek")]';
const GROUP = "tjl";
/** Remote objects keep what they stand for alive; they are released after so many looks, or so much later. */
const LOOKS_BEFORE_RELEASE = 64;
const RELEASE_MS = 20;

let session: Session | undefined;
let reply: Reply;
let refusal: UsageError | undefined;
let looks = 0;
let isReleasePlanned = false;

function connect(): Session {
  let opened: Session;
  try {
    opened = outOfReach(() => {
      const inspector = require("node:inspector") as typeof import("node:inspector");
      const session = new inspector.Session();
      session.connect();
      return session;
    });
  } catch (cause) {
    throw new UsageError(
      `functions with variables of their own cannot travel: the inspector of this Node is not to be had (${(cause as Error).message}); ` +
        "start Node without --permission, or with --allow-inspector. Functions that use globals only travel without it, and in programs run by " +
        "tjl those that a module exports",
      { cause },
    );
  }
  Object.defineProperty(globalThis, Symbol.for("tjulia.peek"), { value: holder, configurable: true });
  return opened;
}

function post(method: string, params: object): Reply {
  refusal = undefined;
  (session as Session).post(method, params, received);
  if (refusal) throw refusal;
  return reply;
}

function received(error: Error | null, result?: object): void {
  // Not thrown here: after an interrupt the inspector says so when nobody looks any more.
  if (error) refusal = new UsageError(`functions cannot travel: the inspector refused to look (${error.message})`);
  else reply = result as Reply;
}

const COPY_SCOPES = `function () {
  const r = [];
  for (let i = 0; i < this.length; i++) r.push([this[i].description, this[i].object]);
  ${HOLDER}.r = r;
}`;
const COPY_BOUND = `function () { ${HOLDER}.r.push(this); }`;

/** The scopes of a function that is neither native nor bound. */
export function peek(f: object): Peeked {
  return withFunction(f, (internals) => {
    const scopes = internals.get("[[Scopes]]");
    const location = internals.get("[[FunctionLocation]]")?.value;
    if (!scopes?.objectId || !location) throw missing();
    post("Runtime.callFunctionOn", {
      objectId: scopes.objectId,
      functionDeclaration: COPY_SCOPES,
      objectGroup: GROUP,
      silent: true,
    });
    const listed = holder.r as [string, Record<string, unknown>][];
    return {
      scriptId: location.scriptId,
      line: location.lineNumber,
      column: location.columnNumber,
      scopes: listed.map(([description, variables]) => ({ kind: scopeKind(description), description, variables })),
    };
  });
}

/** Does what the first look costs beyond the others, in a moment that nobody waits in: half of what the first capture takes. */
export function lookAhead(): void {
  try {
    peek(() => undefined);
  } catch {
    // Whoever needs to look is told why it cannot be.
  }
}

/** What a bound function was made of. */
export function peekBound(f: object): PeekedBound {
  return withFunction(f, (internals) => {
    const read = (name: string): unknown => {
      const part = internals.get(name) as (RemoteObject & { type?: string; unserializableValue?: string }) | undefined;
      if (!part) throw missing();
      if (!part.objectId) return primitive(part);
      holder.r = [];
      post("Runtime.callFunctionOn", {
        objectId: part.objectId,
        functionDeclaration: COPY_BOUND,
        objectGroup: GROUP,
        silent: true,
      });
      return holder.r[0];
    };
    return {
      target: read("[[TargetFunction]]") as PeekedBound["target"],
      self: read("[[BoundThis]]"),
      args: Array.from(read("[[BoundArgs]]") as ArrayLike<unknown>),
    };
  });
}

function primitive(part: RemoteObject & { type?: string; unserializableValue?: string }): unknown {
  const odd = part.unserializableValue;
  if (odd !== undefined) return odd.endsWith("n") ? BigInt(odd.slice(0, -1)) : Number(odd);
  return part.type === "undefined" ? undefined : part.value;
}

function withFunction<T>(f: object, look: (internals: Map<string, RemoteObject | undefined>) => T): T {
  session ??= connect();
  holder.f = f;
  try {
    const { objectId } = post("Runtime.evaluate", {
      expression: `${HOLDER}.f`,
      objectGroup: GROUP,
      silent: true,
    }).result;
    const { internalProperties } = post("Runtime.getProperties", { objectId, ownProperties: true });
    return look(new Map(internalProperties.map((property) => [property.name, property.value])));
  } finally {
    holder.f = undefined;
    holder.r = [];
    looks += 1;
    if (looks >= LOOKS_BEFORE_RELEASE) release();
    else planRelease();
  }
}

function planRelease(): void {
  if (isReleasePlanned) return;
  isReleasePlanned = true;
  setTimeout(() => {
    isReleasePlanned = false;
    release();
  }, RELEASE_MS).unref();
}

function release(): void {
  looks = 0;
  post("Runtime.releaseObjectGroup", { objectGroup: GROUP });
}

function missing(): UsageError {
  return new UsageError(
    `functions with variables of their own cannot travel on this Node (${process.version}): V8 does not show the scopes of a function. ` +
      "Functions that use globals only travel without it, and in programs run by tjl those that a module exports",
  );
}

function scopeKind(description: string): ScopeKind {
  if (description === "Module") return "module";
  if (description === "Script") return "script";
  if (description === "Global") return "global";
  return description.startsWith("Closure") ? "closure" : "block";
}

/** The URLs of all scripts that V8 knows, by id. Takes some 20 ms: only for code that our loader has not seen. */
export function scriptUrls(): Map<string, string> {
  session ??= connect();
  const urls = new Map<string, string>();
  const note = (event: { params: { scriptId: string; url: string } }) =>
    urls.set(event.params.scriptId, event.params.url);
  session.on("Debugger.scriptParsed", note);
  try {
    post("Debugger.enable", {});
    post("Debugger.disable", {});
  } finally {
    session.off("Debugger.scriptParsed", note);
  }
  return urls;
}
