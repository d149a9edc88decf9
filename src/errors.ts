/**
 * Every error that tjulia makes: its class, its code, and how its text is built. Each code has a row in docs/errors.md.
 *
 * Three families, never mixed: your function threw (RemoteError), the call failed (ProcessExitedError, InterruptError,
 * SerializationError, LaunchError), and the API was misused (UsageError).
 */

import { inspect } from "node:util";
import { withoutOwnFrames } from "./own-frames.ts";

/** What each `code` means, in one line; docs/errors.md has a row for each. */
export const errorCodes = {
  TJL_REMOTE: "The function threw on the process where it ran.",
  TJL_WORKER_EXITED: "The process ended before it answered, or is not there any more.",
  TJL_LAUNCH_FAILED: "Workers could not be started.",
  TJL_INTERRUPTED: "The call was stopped by interrupt(), Ctrl-C or an AbortSignal.",
  TJL_CANNOT_SEND: "A value or function cannot travel to another process.",
  TJL_CHANNEL_CLOSED: "The channel was closed, and what it held has been taken.",
  TJL_QUEUE_FULL: "Messages are sent faster than the process at the other end takes them.",
  TJL_USAGE: "A function or the command line was used in a way that has no meaning.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** The class of all errors that tjulia makes. */
export abstract class TjuliaError extends Error {
  abstract readonly code: ErrorCode;
  constructor(message: string, options?: ErrorOptions) {
    const { stackTraceLimit } = Error;
    // The first frames are ours, ten of them at times: the user's own must be among those that are kept.
    if (stackTraceLimit > 0) Error.stackTraceLimit = Math.max(stackTraceLimit, 100);
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Errors that a call throws at once: their stack begins where the user made that call. */
abstract class CallError extends TjuliaError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    const { stack } = this;
    if (stack !== undefined) Object.defineProperty(this, "stack", { ...hidden, value: withoutOwnFrames(stack) });
  }
}

function named(errorClass: { prototype: object }, name: string): void {
  Object.defineProperty(errorClass.prototype, "name", { value: name, configurable: true, writable: true });
}

/** A worker is told as people say it: "worker 3", or "process 1" for the prompt or driver. */
export function processName(pid: number): string {
  return pid === 1 ? "process 1" : `worker ${pid}`;
}

/** "worker 2", "processes 1, 2, 3", "processes 2–65": many that follow each other are not told one by one. */
export function processNames(pids: readonly number[]): string {
  const [first, last] = [pids[0] as number, pids.at(-1) as number];
  if (pids.length === 1) return processName(first);
  const isRun = pids.length > 8 && pids.every((pid, i) => pid === first + i);
  return `processes ${isRun ? `${first}–${last}` : pids.join(", ")}`;
}

export interface RemoteErrorInit {
  pid: number;
  host: string;
  /** What the function threw, with its class where that is known here. */
  cause: unknown;
  /** The stack on the process where it was thrown, positions in the user's own files. */
  remoteStack: string;
  /** The place of the element, in a pmap or loop, that it was called with. */
  element?: number | undefined;
}

/**
 * A function threw on another process (or on this one, when called through `remotecall` and its kin).
 * `cause` is what it threw; `remoteStack` points into the user's file there, and so does `stack`.
 */
export class RemoteError extends TjuliaError {
  readonly code = "TJL_REMOTE";
  /** The process where the function ran. */
  readonly pid: number;
  /** The host of that process. */
  readonly host: string;
  readonly remoteStack: string;
  /** In a pmap or parallel loop: the place of the element, counted from 0. */
  readonly element: number | undefined;
  constructor(init: RemoteErrorInit) {
    const where = processName(init.pid) + (init.element === undefined ? "" : `, element ${init.element}`);
    super(messageOf(where, init), { cause: init.cause });
    this.pid = init.pid;
    this.host = init.host;
    this.element = init.element;
    this.remoteStack = init.remoteStack;
    const frames = stackFrames(init.remoteStack);
    if (frames) Object.defineProperty(this, "stack", { value: `RemoteError: ${this.message}\n${frames}`, ...hidden });
  }
}
named(RemoteError, "RemoteError");

/** Through several processes each is named once, the error itself at the end: "on worker 2, on worker 3: TypeError: no row". */
function messageOf(where: string, init: RemoteErrorInit): string {
  const { cause, pid, element } = init;
  if (!(cause instanceof RemoteError)) return `on ${where}: ${describeThrown(cause)}${hintFor(init)}`;
  return cause.pid === pid && element === undefined ? cause.message : `on ${where}, ${cause.message}`;
}

/** A name that the function does not take along, because it was not there where it was sent, and that is not there where it ran. */
function hintFor({ cause, pid }: RemoteErrorInit): string {
  const name = cause instanceof ReferenceError && /^(\S+) is not defined$/.exec(cause.message)?.[1];
  if (!name) return "";
  return `\n  try: define ${name} on ${processName(pid)} too, with @everywhere, everywhere() or -L, or pass it as an argument`;
}

const hidden = { enumerable: false, writable: true, configurable: true } as const;

/** The lines of a stack that are frames: all from the first "    at " on. */
export function stackFrames(stack: string): string {
  const start = /^ {4}at /m.exec(stack)?.index;
  return start === undefined ? "" : stack.slice(start);
}

export interface ProcessExit {
  pid: number;
  host?: string | undefined;
  exitCode?: number | undefined;
  signal?: string | undefined;
  /** Why, in words, where neither code nor signal tells: "lost: no sign of life for 15 s". */
  reason?: string | undefined;
  /** The last lines that it wrote on stderr. */
  lastLines?: readonly string[] | undefined;
  /** False when the call certainly never started. */
  maybeRan?: boolean | undefined;
  /** The place of the element, in a pmap, that was there. */
  element?: number | undefined;
}

/** The process that was called has ended, is lost, or was never there. */
export class ProcessExitedError extends TjuliaError {
  readonly code = "TJL_WORKER_EXITED";
  readonly pid: number;
  readonly host: string | undefined;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly lastLines: readonly string[];
  readonly maybeRan: boolean;
  /** In a pmap: the place of the element that was there, counted from 0. */
  readonly element: number | undefined;
  constructor(exit: ProcessExit) {
    super(exitMessage(exit));
    this.pid = exit.pid;
    this.host = exit.host;
    this.exitCode = exit.exitCode;
    this.signal = exit.signal;
    this.lastLines = exit.lastLines ?? [];
    this.maybeRan = exit.maybeRan ?? true;
    this.element = exit.element;
  }
}
named(ProcessExitedError, "ProcessExitedError");

function exitMessage(exit: ProcessExit): string {
  const how = exit.reason ?? howProcessEnded(exit);
  const telling = tellingLines(exit.lastLines ?? []);
  const tail = telling.length > 0 ? `\n  its last words:\n${telling.map((line) => `    ${line}`).join("\n")}` : "";
  const there = exit.element === undefined ? "" : ` (element ${exit.element} was there)`;
  return `${processName(exit.pid)} ${how}${there}${tail}`;
}

function howProcessEnded({ signal, exitCode, lastLines = [] }: ProcessExit): string {
  if (lastLines.some((line) => line.includes("heap out of memory"))) {
    return "ran out of memory: its heap reached the limit (exeflags: --max-old-space-size=<MiB> raises it)";
  }
  if (signal === "SIGKILL") return "was ended by SIGKILL: by hand, or by the system because memory ran out";
  if (signal) return `was ended by ${signal}`;
  return exitCode === undefined ? "is gone" : `exited with status ${exitCode}`;
}

const LINES_SHOWN = 6;

/** Of the last lines those that say most: an error and what follows it, without the native stack of a crash. */
function tellingLines(lines: readonly string[]): readonly string[] {
  const plain = lines.filter((line) => line.trim() && !/^\s*\d+: 0x|^----- |^<---/.test(line));
  const start = plain.findIndex((line) => /error|fatal|assert/i.test(line));
  return start >= 0 ? plain.slice(start, start + LINES_SHOWN) : plain.slice(-LINES_SHOWN);
}

/** One machine or worker that did not start. */
export interface LaunchFailure {
  /** The host, or "local". */
  host: string;
  /** The step that failed: "start", "announce", "connect", "login", … */
  stage: string;
  reason: string;
  /** What to do next, where known. */
  hint?: string | undefined;
}

/** Some workers did not start; `failures` has one entry for each, `started` the ids of those that did. */
export class LaunchError extends TjuliaError {
  readonly code = "TJL_LAUNCH_FAILED";
  readonly failures: readonly LaunchFailure[];
  readonly started: readonly number[];
  constructor(failures: readonly LaunchFailure[], started: readonly number[] = []) {
    const total = failures.length + started.length;
    const lines = failures.map(
      (f) => `\n  ${f.host}  ${f.stage}: ${f.reason}${f.hint ? `\n      try: ${f.hint}` : ""}`,
    );
    super(`could not start ${failures.length} of ${total} worker${total === 1 ? "" : "s"}${lines.join("")}`);
    this.failures = failures;
    this.started = started;
  }
}
named(LaunchError, "LaunchError");

/** What ran was stopped: by `interrupt()`, by Ctrl-C, or because its AbortSignal was aborted (then `cause` is its reason). */
export class InterruptError extends TjuliaError {
  readonly code = "TJL_INTERRUPTED";
  readonly pid: number | undefined;
  constructor(pid?: number, options?: ErrorOptions) {
    super(pid === undefined ? "interrupted" : `interrupted on ${processName(pid)}`, options);
    this.pid = pid;
  }
}
named(InterruptError, "InterruptError");

/** A value cannot travel; the text has the way to it: `cannot send use -> cfg -> .conn: a Socket is tied to this process`. */
export class SerializationError extends CallError {
  readonly code = "TJL_CANNOT_SEND";
  /** The way from the value that was sent to the one that cannot travel. */
  readonly path: readonly string[];
  constructor(path: readonly string[], reason: string) {
    super(`cannot send ${path.length ? shortened(path).join(" -> ") : "this value"}: ${reason}`);
    this.path = path;
  }

  /** The same error with a text that is already complete: one that came from another process. */
  static revive(path: readonly string[], message: string): SerializationError {
    const error = new SerializationError(path, "");
    error.message = message;
    return error;
  }
}
named(SerializationError, "SerializationError");

/** A long way without its middle. */
function shortened(path: readonly string[]): readonly string[] {
  return path.length <= 16 ? path : [...path.slice(0, 6), `… ${path.length - 12} more …`, ...path.slice(-6)];
}

/** `put` on a closed channel, or `take` on one that is closed and drained. */
export class ChannelClosedError extends TjuliaError {
  readonly code = "TJL_CHANNEL_CLOSED";
  constructor(message = "the channel is closed") {
    super(message);
  }
}
named(ChannelClosedError, "ChannelClosedError");

/** So much waits to be sent to a process that more would fill the memory of this one. Nothing of the refused message was sent. */
export class QueueFullError extends TjuliaError {
  readonly code = "TJL_QUEUE_FULL";
  readonly pid: number;
  constructor(pid: number, queuedBytes: number, limitBytes: number) {
    const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
    super(
      `${processName(pid)} takes messages slower than they are sent: ${mib(queuedBytes)} wait, the limit is ${mib(limitBytes)} ` +
        "(TJL_QUEUE_LIMIT, in MiB). Await some of the calls before making more, or let pmap do it",
    );
    this.pid = pid;
  }
}
named(QueueFullError, "QueueFullError");

/** The API or the command line was misused. Shown without a stack at the prompt. */
export class UsageError extends CallError {
  readonly code = "TJL_USAGE";
}
named(UsageError, "UsageError");

/** "TypeError: row is undefined" for errors, a short rendering for anything else that was thrown. */
export function describeThrown(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message ? `${thrown.name}: ${thrown.message}` : thrown.name;
  if (typeof thrown === "string") return thrown;
  try {
    return inspect(thrown, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 200 });
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}
