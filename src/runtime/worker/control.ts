/**
 * Starts the control thread, and answers its question whether the main thread may be cut off. A worker that is reached through a socket on this
 * host gets the thread when it is needed: with the first call that does not end in its synchronous part, because before that a guard is
 * enough and the master sees the process itself, or when guards have cost as much. One on another host gets it at once.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../package.ts";
import { guarding, onManyGuards } from "../calls/guard.ts";
import { hasHeard, struck } from "../calls/interrupt.ts";
import { ownBoard } from "../calls/now-running.ts";
import { currentCall } from "../calls/run-request.ts";
import { onFirstRunning, runningCalls } from "../calls/running.ts";
import { helloFromHere } from "../cluster/hello.ts";
import { keepAliveMs } from "../cluster/lifeline.ts";
import { controlSocketFile } from "../cluster/nest.ts";
import { cluster } from "../cluster/peers.ts";
import { calm, currentContext, endCalm } from "../refs/context.ts";
import { cutOff, resumeAfterCutOff, saveBeforeCutOff } from "../wire/cut-off.ts";
import { Answer, Cell, type ControlData } from "./control-data.ts";

/** A thread with little to do needs little memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32, stackSizeMb: 1 };

/** How long the event loop must have stood still before something is cut off. */
const STANDS_STILL_MS = 40;
const UNKNOWN_MS = 1000;
/** How long the control thread may take to do what it has been allowed. */
const LONGEST_STRIKE_MS = 1000;

/** From the time that it pays, this worker can be stopped from beside. */
export function startControlWhenNeeded(folder: string): void {
  let isStarted = false;
  const start = () => {
    if (!isStarted) void startControl({ path: controlSocketFile(folder, process.pid) });
    isStarted = true;
  };
  onFirstRunning(start);
  onManyGuards(start);
}

/** Starts it now; gives the port that it listens on, 0 when it could not be started. */
export function startControl(listen: ControlData["listen"]): Promise<number> {
  const require = createRequire(import.meta.url);
  const { Worker } = require("node:worker_threads") as typeof import("node:worker_threads");
  ({ eventLoopUtilization } = (require("node:perf_hooks") as typeof import("node:perf_hooks")).performance);
  const cell = new Int32Array(new SharedArrayBuffer(8));
  const forControlThread = { mayCutOff: mayCutOff.bind(undefined, cell), running };
  Object.defineProperty(globalThis, Symbol.for("tjulia.control"), { value: forControlThread, configurable: true });
  const workerData: ControlData = {
    listen,
    cookie: cluster.cookie,
    hello: helloFromHere(),
    keepAliveMs: keepAliveMs(),
    board: ownBoard(),
    cell,
  };
  const file = join(packageRoot, "dist", "control.cjs");
  const thread = new Worker(file, { workerData, resourceLimits, stdin: false, execArgv: [] });
  return new Promise((resolve) => {
    thread.on("message", (message: number | "resume") => {
      if (message === "resume") return resume();
      thread.unref();
      guarding.canDoWithout = true;
      resolve(message);
    });
    thread.once("error", () => resolve(0));
    thread.once("exit", () => {
      guarding.canDoWithout = false;
    });
  });
}

/** Loaded with the thread, so that nothing has to be loaded in the middle of what it stops. */
let eventLoopUtilization: typeof import("node:perf_hooks")["performance"]["eventLoopUtilization"];
/** How long the event loop had been idle at the last look, and for each order the time of its first look that saw that. */
let seen = { idle: -1, since: new Map<number, number>() };

/**
 * Runs on the main thread, in the middle of what runs there, for the control thread: whether that may be cut off for `order`, which is
 * meant for all that runs, or for the call (from, id) alone. Before that it has not answered for `deafMs`.
 */
function mayCutOff(cell: Int32Array, turn: number, order: number, from: number, id: number, deafMs: number): void {
  if (Atomics.load(cell, Cell.TURN) !== turn) return;
  const may =
    (standsStill(order) || deafMs >= STANDS_STILL_MS) &&
    !cutOff.isOwnWork &&
    !hasHeard(order) &&
    (id === 0 || isMeant(order, from, id));
  const answer = may ? (whyNotNow() ?? -turn) : Answer.NO;
  if (Atomics.compareExchange(cell, Cell.TURN, turn, answer) !== turn) return;
  Atomics.notify(cell, Cell.TURN);
  if (answer !== -turn) return;
  if (id === 0) struck(order);
  saveBeforeCutOff();
  calm();
  cutOff.isStruck = true;
  // Whatever ran on from here before the strike would be struck in its place. Not Atomics.wait: Node 20 does not survive one within another.
  const deadline = performance.now() + LONGEST_STRIKE_MS;
  while (Atomics.load(cell, Cell.STRUCK) !== turn && performance.now() < deadline);
  cutOff.isStruck = Atomics.load(cell, Cell.STRUCK) === turn;
}

/** What runs here, as JSON. Called in the middle of it like mayCutOff. */
function running(): string {
  const call = currentCall();
  return JSON.stringify(call ? [call, ...runningCalls()] : runningCalls());
}

/** An event loop that goes on has been idle between two looks, if only for nanoseconds. */
function standsStill(order: number): boolean {
  const { idle } = eventLoopUtilization();
  const now = performance.now();
  if (seen.idle !== idle) seen = { idle, since: new Map() };
  const since = seen.since.get(order) ?? now;
  seen.since.set(order, since);
  return now - since >= STANDS_STILL_MS;
}

/**
 * What on the stack must come to its end. Node's hooks of promises cannot be switched off while one of them runs, and never again when it is cut off.
 * An ES module that is cut off stays half evaluated for ever, and whoever imports it then waits as long.
 */
function whyNotNow(): number | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = Number.POSITIVE_INFINITY;
  Error.prepareStackTrace = (_error, sites) =>
    sites.filter((site) => !site.isAsync()).map((site) => site.getFileName());
  const files = new Error().stack as unknown as (string | null)[];
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  if (files.some((file) => file?.startsWith("node:internal/modules/esm/"))) return Answer.LOADING;
  return nodeVersion < 24 && files.slice(0, 12).includes("node:internal/async_hooks") ? Answer.AGAIN : undefined;
}

/** Code that belongs to no call as far as can be told, because it came from a callback of a library, is meant when it takes very long. */
function isMeant(order: number, from: number, id: number): boolean {
  const call = currentCall() ?? currentContext()?.call;
  if (!call) return performance.now() - (seen.since.get(order) ?? Number.POSITIVE_INFINITY) > UNKNOWN_MS;
  return call.from === from && call.id === id;
}

function resume(): void {
  // A guard takes the handlers of SIGINT away while its code runs; without them a SIGINT that comes late would end the process.
  if (process.listenerCount("SIGINT") === 0) process.on("SIGINT", () => {});
  cutOff.isStruck = false;
  resumeAfterCutOff();
  if (nodeVersion < 24 && !process.hasUncaughtExceptionCaptureCallback()) clearAsyncStack();
  endCalm();
}

const nodeVersion = Number.parseInt(process.versions.node, 10);

/**
 * What was cut off is still on Node's stack of asynchronous contexts, and the next use of an AsyncLocalStorage would end the process for that
 * ("Assertion failed: (env_->execution_async_id()) == (0)"). Node empties the stack when an exception has been handled that nobody caught.
 */
function clearAsyncStack(): void {
  process.setUncaughtExceptionCaptureCallback(() => {
    process.setUncaughtExceptionCaptureCallback(null);
    endCalm();
  });
  throw new Error("the end of what was cut off");
}
