/**
 * Stacks as the user should see them: positions in the files that were written, and no frames of ours. Where our loader runs, V8 asks us
 * for every stack (installStacks), so that `error.stack` is right in the user's own code as well.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TraceMap } from "@jridgewell/trace-mapping";
import { isRuntimeFrame, keepsAllFrames } from "../../own-frames.ts";
import { packageRoot } from "../../package.ts";
import { type LoadedSource, sourceOf } from "./records.ts";
import { columnBefore } from "./rewrite.ts";

/** `file:///x/driver.ts:317:10` is a position in the code that runs. What has been mapped is written as a path. */
const PLACE = /\(?((?:file:\/\/|tjl:)[^()\s]*?):(-?\d+):(-?\d+)\)?$/;

/** Maps the frames of a stack to the user's lines and drops those of the runtime; TJL_FULL_STACKS=1 keeps them. */
export function userStack(stack: string): string {
  const lines = stack.split("\n");
  const firstFrame = lines.findIndex((line) => /^\s+at /.test(line));
  if (firstFrame < 0) return stack;
  const frames = lines.slice(firstFrame).map(mapFrame);
  const kept = keepsAllFrames() ? frames : frames.filter((frame) => !isRuntimeFrame(frame));
  return [...lines.slice(0, firstFrame), ...kept].join("\n");
}

function mapFrame(given: string): string {
  // Functions without a name are shown under ours when V8 finds nothing better.
  const frame = given.replace(/^(\s+at )(?:async )?\S*\$tjl_\S* \((.*)\)$/, "$1$2");
  const match = PLACE.exec(frame);
  if (!match) return frame;
  const [place, url, line, column] = match as unknown as [string, string, string, string];
  const mapped = originalPlace(url, Number(line), Number(column));
  if (!mapped) return frame;
  const text = `${mapped.file}:${mapped.line}:${mapped.column}`;
  return frame.slice(0, match.index) + (place.startsWith("(") ? `(${text})` : text);
}

export interface SourcePlace {
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** Where a position in the code that runs comes from; undefined when that is the file itself. */
export function originalPlace(url: string, line: number, column: number): SourcePlace | undefined {
  const source = sourceOf(url);
  if (!source) return undefined;
  const file = displayName(url);
  const before = columnBefore(source.insertions, line - 1, Math.max(0, column - 1));
  if (!source.map) return { file, line, column: before + 1 };
  const found = tracing().originalPositionFor(traceMapOf(source), { line, column: before });
  return found.line === null
    ? { file, line, column: before + 1 }
    : { file, line: found.line, column: found.column + 1 };
}

const names = new Map<string, string>();

/** How a script is called in stacks, where its URL is not what people should read. */
export function nameScript(url: string, name: string): void {
  names.set(url, name);
}

function displayName(url: string): string {
  const name = names.get(url);
  if (name !== undefined) return name;
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}

type Tracing = typeof import("@jridgewell/trace-mapping");
let traceMapping: Tracing | undefined;

/** Needed only when there is an error to show. It is built into a file of its own. */
function tracing(): Tracing {
  traceMapping ??= createRequire(import.meta.url)(join(packageRoot, "dist", "trace-mapping.cjs")) as Tracing;
  return traceMapping;
}

const traceMaps = new WeakMap<LoadedSource, TraceMap>();

function traceMapOf(source: LoadedSource): TraceMap {
  let map = traceMaps.get(source);
  if (!map) {
    map = new (tracing().TraceMap)(source.map as never);
    traceMaps.set(source, map);
  }
  return map;
}

/** Makes V8 give stacks in the user's positions. Other libraries may still set `Error.prepareStackTrace` for themselves. */
export function installStacks(): void {
  // Node has one of its own, by this name, since 20.19; anyone else's is left alone.
  if (Error.prepareStackTrace !== undefined && Error.prepareStackTrace.name !== "ErrorPrepareStackTrace") return;
  Error.prepareStackTrace = (error, sites) => {
    const frames = sites.map((site) => `\n    at ${site}`);
    return userStack(`${headOf(error)}${frames.join("")}`);
  };
}

function headOf(error: unknown): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
