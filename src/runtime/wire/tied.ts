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

function judge(prototype: object): string | undefined {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (isTied(at)) return className(prototype) ?? className(at);
  }
  return undefined;
}

/** Where Node keeps the classes whose instances hold something of the operating system, or of this process. */
const homes: Readonly<Record<string, string>> = {
  Stream: "node:stream",
  Server: "node:net",
  BlockList: "node:net",
  ChildProcess: "node:child_process",
  Worker: "node:worker_threads",
  MessageChannel: "node:worker_threads",
  Socket: "node:dgram",
  Dir: "node:fs",
  Interface: "node:readline",
  Agent: "node:http",
  Script: "node:vm",
  KeyObject: "node:crypto",
  Hash: "node:crypto",
  Hmac: "node:crypto",
  ECDH: "node:crypto",
  DiffieHellman: "node:crypto",
  AsyncLocalStorage: "node:async_hooks",
  AsyncResource: "node:async_hooks",
  WeakRef: "globalThis",
  FinalizationRegistry: "globalThis",
  AbortSignal: "globalThis",
  AbortController: "globalThis",
  ReadableStream: "globalThis",
  WritableStream: "globalThis",
  TransformStream: "globalThis",
  MessagePort: "globalThis",
  BroadcastChannel: "globalThis",
  CryptoKey: "globalThis",
};

/** Looked up by name first: to have all those classes at hand would load half of Node. */
function isTied(prototype: object): boolean {
  const name = className(prototype) ?? "";
  if (name === "Timeout" || name === "Immediate") return timerPrototypes().includes(prototype);
  const home = Object.hasOwn(homes, name) ? homes[name] : undefined;
  if (home === undefined) return false;
  const owner = (home === "globalThis" ? globalThis : require(home)) as Record<string, { prototype?: unknown }>;
  return owner[name]?.prototype === prototype;
}

function className(prototype: object): string | undefined {
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof maker === "function" && maker.name !== "" ? maker.name : undefined;
}

function timerPrototypes(): unknown[] {
  const timer = setTimeout(() => {}, 0);
  clearTimeout(timer);
  const immediate = setImmediate(() => {});
  clearImmediate(immediate);
  return [timer, immediate].map((one) => Object.getPrototypeOf(one) as unknown);
}
