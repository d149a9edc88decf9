/**
 * What every Node process has by itself, and under which name: the functions and objects of JavaScript, of Node's globals and of its modules.
 * They travel as that name.
 */
import { builtinModules, createRequire } from "node:module";
import { tiedReason } from "../wire/tied.ts";
import { knownExports, ownExport } from "./own-exports.ts";

const require = createRequire(import.meta.url);

/** ["Math", "max"], ["Array", "prototype", "map"], ["node:fs", "readFileSync"], ["tjulia", "pmap"]. */
export type BuiltinPath = readonly string[];

const javaScript =
  "Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp Error AggregateError " +
  "EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math Intl ArrayBuffer Atomics Uint8Array Int8Array " +
  "Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView " +
  "Map BigInt Set Iterator WeakMap WeakSet WeakRef Proxy Reflect FinalizationRegistry SharedArrayBuffer decodeURI decodeURIComponent " +
  "encodeURI encodeURIComponent escape unescape eval isFinite isNaN SuppressedError DisposableStack AsyncDisposableStack WebAssembly";
const node =
  "global console process Buffer clearImmediate clearInterval clearTimeout setImmediate setInterval setTimeout queueMicrotask structuredClone " +
  "atob btoa performance fetch crypto navigator URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal Event EventTarget " +
  "MessageChannel MessagePort MessageEvent BroadcastChannel DOMException Blob File FormData Headers Request Response ReadableStream WritableStream " +
  "TransformStream CompressionStream DecompressionStream TextDecoderStream TextEncoderStream WebSocket EventSource Crypto CryptoKey SubtleCrypto " +
  "Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver CustomEvent";

/** Global names that are never taken along. `undefined` and its like are among them. */
export const globalNames: ReadonlySet<string> = new Set([...javaScript.split(" "), ...node.split(" "), "babelHelpers"]);

let table: Map<object, BuiltinPath> | undefined;
let loadedCount = 0;
const addedModules = new Set<string>();

/** The name of a built-in function or object; undefined when it is none. */
export function builtinPath(value: object): BuiltinPath | undefined {
  const ours = ownPath(value);
  if (ours) return ours;
  const { name } = value as { name?: unknown };
  if (typeof name === "string" && globalNames.has(name) && (globalThis as Record<string, unknown>)[name] === value)
    return [name];
  table ??= globalTable();
  const found = table.get(value);
  if (found) return found;
  addModules(table);
  return table.get(value);
}

/**
 * The name of an object that every process has, such as `Math`, `process` or the exports of node:fs. Data of the user's, which is most of what
 * is asked about, is told apart by a look at it: the tables take milliseconds to make.
 */
export function builtinObject(value: object): BuiltinPath | undefined {
  if (isPlainData(value)) return undefined;
  table ??= globalTable();
  const found = table.get(value) ?? namedByClass(value);
  if (found) return found;
  // Instances that Node's modules export, such as http.globalAgent, are tied to their process.
  return isPlain(value) || tiedReason(value) !== undefined ? builtinPath(value) : undefined;
}

/** `crypto`, `navigator`: globals that Node makes when they are first read, each the one instance of its class. */
function namedByClass(value: object): BuiltinPath | undefined {
  const className = (value as { constructor?: { name?: unknown } }).constructor?.name;
  if (typeof className !== "string") return undefined;
  if (className === "SubtleCrypto") return ["crypto", "subtle"];
  const name = className.charAt(0).toLowerCase() + className.slice(1);
  return globalNames.has(name) && (globalThis as Record<string, unknown>)[name] === value ? [name] : undefined;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** An array, or a plain object that has no functions: if Node has one like it, a copy is as good. */
function isPlainData(value: object): boolean {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return true;
  if (!isPlain(value) || value === process.env || Object.getOwnPropertySymbols(value).length > 0) return false;
  return Object.keys(value).every((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    return property && "value" in property && typeof property.value !== "function";
  });
}

/** Makes a function of ours travel as this path, which must lead to it on every process. */
export function addBuiltin(value: object, path: BuiltinPath): void {
  add(own, value, path);
}

/** The built-in itself. */
export function builtinAt(path: BuiltinPath): unknown {
  let [first, ...rest] = path as [string, ...string[]];
  let value: unknown;
  if (first.startsWith("node:")) value = require(first);
  else if (first === "tjulia") [value, rest] = [ownExport(rest[0] as string), rest.slice(1)];
  else value = (globalThis as Record<string, unknown>)[first];
  for (const key of rest) {
    const [kind, name] = key.startsWith("get ") ? ["get" as const, key.slice(4)] : ["value" as const, key];
    value =
      kind === "get" ? Object.getOwnPropertyDescriptor(value, name)?.get : (value as Record<string, unknown>)[name];
  }
  if (value === undefined) throw new ReferenceError(`${path.join(".")} is not there in Node ${process.version}`);
  return value;
}

function globalTable(): Map<object, BuiltinPath> {
  const found = new Map<object, BuiltinPath>();
  for (const name of globalNames) {
    const property = Object.getOwnPropertyDescriptor(globalThis, name);
    // Accessors load parts of Node when they are read; nobody has their values unless they were.
    const value: unknown = property && "value" in property ? property.value : undefined;
    if (!isObject(value) || value === globalThis) continue;
    add(found, value, [name]);
    addMembers(found, value, [name]);
    const { prototype } = value as { prototype?: unknown };
    if (isObject(prototype)) {
      add(found, prototype, [name, "prototype"]);
      addMembers(found, prototype, [name, "prototype"]);
    }
  }
  add(found, globalThis, ["globalThis"]);
  return found;
}

function addMembers(found: Map<object, BuiltinPath>, owner: object, path: BuiltinPath): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
    if (name === "constructor" || name === "prototype") continue;
    if (isObject(property.value)) add(found, property.value, [...path, name]);
    if (property.get) add(found, property.get, [...path, `get ${name}`]);
  }
}

function add(found: Map<object, BuiltinPath>, value: object, path: BuiltinPath): void {
  if (!found.has(value)) found.set(value, path);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Functions of Node's modules can only be those of modules that have been loaded. */
function addModules(found: Map<object, BuiltinPath>): void {
  const loaded = (process as unknown as { moduleLoadList?: string[] }).moduleLoadList;
  if (loaded && loaded.length === loadedCount) return;
  loadedCount = loaded?.length ?? 0;
  const names = new Set(loaded?.map((name) => name.replace(/^NativeModule /, "")));
  for (const name of builtinModules) {
    if (name.startsWith("_") || addedModules.has(name) || (loaded && !names.has(name))) continue;
    addedModules.add(name);
    const path = [name.startsWith("node:") ? name : `node:${name}`];
    const exports: unknown = require(path[0] as string);
    if (!isObject(exports)) continue;
    add(found, exports, path);
    addMembers(found, exports, path);
    const { promises } = exports as { promises?: unknown };
    if (isObject(promises)) addMembers(found, promises, [...path, "promises"]);
  }
}

/** Our own functions, asked about first: the table of Node's takes milliseconds to make. */
const own = new Map<object, BuiltinPath>();
let addedExports: object | undefined;

/** The name of a function of ours that the user knows. */
export function ownPath(value: object): BuiltinPath | undefined {
  const exports = knownExports();
  if (exports !== addedExports) {
    addedExports = exports;
    for (const [name, value] of Object.entries(exports)) if (isObject(value)) add(own, value, ["tjulia", name]);
  }
  return own.get(value);
}
