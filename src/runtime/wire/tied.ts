/** Objects that are tied to this process, and why; decided by class, without looking into them. */
import { createRequire } from "node:module";
import { types } from "node:util";

const require = createRequire(import.meta.url);

/** The reason why a value cannot leave this process; undefined when none is known. */
export function tiedReason(value: object): string | undefined {
  if (types.isPromise(value)) return "a Promise is tied to this process; await it first";
  if (types.isGeneratorObject(value)) return "a generator is tied to this process; send an array of its values";
  if (types.isWeakMap(value)) return "a WeakMap is tied to this process; use a Map";
  if (types.isWeakSet(value)) return "a WeakSet is tied to this process; use a Set";
  if (types.isSharedArrayBuffer(value)) return "a SharedArrayBuffer is tied to this process; use sharedArray()";
  if (types.isMapIterator(value) || types.isSetIterator(value)) return "an iterator is tied to this process";
  if (types.isExternal(value)) return "a native handle is tied to this process";
  if (typeof value === "function") return undefined;
  const name = tiedClass(value);
  return name === undefined ? undefined : `a ${name} is tied to this process`;
}

const verdicts = new WeakMap<object, { name: string | undefined }>();

function tiedClass(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === null) return undefined;
  let verdict = verdicts.get(prototype);
  if (verdict === undefined) {
    verdict = { name: judge(prototype) };
    verdicts.set(prototype, verdict);
  }
  return verdict.name;
}

let tiedPrototypes: Set<object> | undefined;

function judge(prototype: object): string | undefined {
  tiedPrototypes ??= collectTied();
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (tiedPrototypes.has(at)) return className(prototype) ?? className(at);
  }
  return undefined;
}

function className(prototype: object): string | undefined {
  const name = (prototype as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** Where Node keeps the classes whose instances hold something of the operating system. */
const tiedExports: Record<string, readonly string[]> = {
  "node:stream": ["Stream"],
  "node:net": ["Server", "BlockList"],
  "node:child_process": ["ChildProcess"],
  "node:worker_threads": ["Worker", "MessagePort", "MessageChannel", "BroadcastChannel"],
  "node:dgram": ["Socket"],
  "node:fs": ["FSWatcher", "Dir"],
  "node:readline": ["Interface"],
  "node:http": ["Agent"],
  "node:vm": ["Script", "Module"],
  "node:crypto": ["KeyObject", "Hash", "Hmac", "ECDH", "DiffieHellman"],
  "node:async_hooks": ["AsyncLocalStorage", "AsyncResource"],
};

const tiedGlobals = [
  "WeakRef",
  "FinalizationRegistry",
  "AbortSignal",
  "AbortController",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "MessagePort",
  "BroadcastChannel",
  "CryptoKey",
];

function collectTied(): Set<object> {
  const found = new Set<object>();
  const add = (owner: unknown): void => {
    const prototype = (owner as { prototype?: unknown } | undefined)?.prototype;
    if (typeof prototype === "object" && prototype !== null) found.add(prototype);
  };
  for (const name of tiedGlobals) add((globalThis as unknown as Record<string, unknown>)[name]);
  for (const [module, names] of Object.entries(tiedExports)) {
    const exports = require(module) as Record<string, unknown>;
    for (const name of names) add(exports[name]);
  }
  const timer = setTimeout(() => {}, 0);
  clearTimeout(timer);
  const immediate = setImmediate(() => {});
  clearImmediate(immediate);
  for (const one of [timer, immediate]) found.add(Object.getPrototypeOf(one) as object);
  return found;
}
