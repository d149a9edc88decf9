/** Workers go: rmprocs, and the end of the master. */
import { UsageError } from "../../errors.ts";
import { demandKnownOptions } from "../../known-options.ts";
import { contextSignal } from "../refs/context.ts";
import { WaitLine } from "../refs/wait-line.ts";
import { encodeValue } from "../wire/codec.ts";
import { self } from "../wire/identity.ts";
import { Kind } from "../wire/messages.ts";
import { tellLeaving } from "../wire/remote-process.ts";
import { INTERRUPT_GRACE_MS, stopWorker } from "./interrupt.ts";
import { killWorker } from "./kill-worker.ts";
import { soon } from "./life.ts";
import type { ClusterMessage } from "./member.ts";
import { drainAllOutput } from "./output.ts";
import { roster, type WorkerRecord } from "./roster.ts";

/** What a worker may take to answer the calls that run, before they are interrupted. */
const DRAIN_MS = 5000;
/** What it may take to end when the program is over and nobody waits for answers any more. */
const SHUTDOWN_MS = 1000;
/** What the end of a process takes that has nothing left to do. */
const END_MS = 500;

/** Timers count no further: 24 days. */
const LONGEST_MS = 0x7fffffff;

export interface RmprocsOptions {
  /** Seconds after which it rejects when the workers are not gone. Default: as long as it takes. */
  waitfor?: number;
  /** Stops the waiting: it rejects with InterruptError. The workers go all the same. */
  signal?: AbortSignal;
}

/**
 * Removes workers: each answers the calls that run there, for up to 5 s, and ends. What runs on after that is interrupted, and a worker
 * that does not stop within 2 s more is killed. Ids that are not there are ignored. Rejects with a UsageError that names the pids and the seconds when `waitfor` is given and passes.
 *
 * @example
 * const [pid] = await addprocs(1);
 * await rmprocs(pid, { waitfor: 10 });
 * console.log(procs().includes(pid)); // false
 */
export async function rmprocs(...args: (number | readonly number[] | RmprocsOptions)[]): Promise<void> {
  if (self.pid !== 1) throw new UsageError("rmprocs: only process 1 can remove workers");
  const { pids, waitfor, signal } = readArguments(args);
  const records = pids.flatMap((pid) => roster.get(pid) ?? []);
  const gone = Promise.all(records.map(dismiss));
  const late = new WaitLine<"gone" | "late">();
  const timer =
    waitfor === undefined ? undefined : setTimeout(() => late.serveAll("late"), Math.min(waitfor * 1000, LONGEST_MS));
  void gone.then(() => late.serveAll("gone"));
  const end = await late.join(undefined, contextSignal(signal)).finally(() => clearTimeout(timer));
  if (end === "gone") return;
  const left = records.filter((record) => !record.remote.isGone).map((record) => record.member.pid);
  const [who, are] = left.length === 1 ? ["worker", "is"] : ["workers", "are"];
  throw new UsageError(`rmprocs: ${who} ${left.join(", ")} ${are} not gone after ${waitfor} seconds`);
}

/** The ids, which may come as a list, and the options behind them. */
function readArguments(args: readonly unknown[]): RmprocsOptions & { pids: number[] } {
  const last = args.at(-1);
  const hasOptions = typeof last === "object" && !Array.isArray(last);
  if (hasOptions) demandKnownOptions("rmprocs", last, ["waitfor", "signal"]);
  const pids = (hasOptions ? args.slice(0, -1) : args).flat();
  for (const pid of pids) {
    if (!Number.isInteger(pid)) throw new UsageError(`rmprocs: a process id is a whole number, not ${String(pid)}`);
  }
  if (pids.includes(1)) throw new UsageError("rmprocs: process 1 is this program and cannot be removed");
  const options = hasOptions ? (last as RmprocsOptions) : {};
  const { waitfor } = options;
  if (waitfor !== undefined && !(waitfor >= 0)) {
    throw new UsageError(`rmprocs: waitfor is a number of seconds, not ${String(waitfor)}`);
  }
  return { ...options, pids: pids as number[] };
}

/** Ends a worker in three steps: it answers what runs, what still runs is interrupted, what does not stop is killed. */
async function dismiss(record: WorkerRecord): Promise<void> {
  const gone = askToEnd(record, DRAIN_MS + INTERRUPT_GRACE_MS);
  if (!(await soon(gone, DRAIN_MS)) && !record.remote.isGone) {
    await soon(stopWorker(record), INTERRUPT_GRACE_MS + END_MS);
    await soon(gone, END_MS);
  }
  await endFor(record);
}

/** Tells the worker to end when it has answered what runs, in `graceMs` at the latest; resolves when it is gone. */
function askToEnd(record: WorkerRecord, graceMs: number): Promise<true> {
  const { remote, member } = record;
  record.leaving = true;
  tellLeaving(member.pid);
  const message: ClusterMessage = { op: "exit", graceMs };
  const gone = new Promise<true>((resolve) =>
    remote.isGone ? resolve(true) : remote.onGone.push(() => resolve(true)),
  );
  remote.post(Kind.CLUSTER, 0, encodeValue(message, remote));
  return gone;
}

/** Kills the worker if it is not gone; resolves when it is, and all that it wrote is shown. */
async function endFor(record: WorkerRecord): Promise<void> {
  await killWorker(record);
  await soon(Promise.all(record.outputs.map((output) => output.ended)), 500);
}

/** The program is over: every worker ends, and what it wrote is shown. */
export async function shutdown(): Promise<void> {
  await Promise.all([...roster.values()].map(dismissAtOnce));
}

async function dismissAtOnce(record: WorkerRecord): Promise<void> {
  const gone = askToEnd(record, SHUTDOWN_MS);
  await soon(gone, SHUTDOWN_MS + END_MS);
  await endFor(record);
}

/** The last thing this process does, whatever ended it: shows what workers wrote and leaves none behind. */
export function endNow(): void {
  drainAllOutput();
  for (const { config, manager, member } of roster.values()) {
    if (config.ospid && "killNow" in manager) (manager as { killNow(pid: number): void }).killNow(config.ospid);
    else void manager.kill?.(member.pid, config);
  }
}

let registered = false;

/** From the first launch on, the end of this process is the end of its workers: a quiet one when it has nothing left to do. */
export function shutdownWithProcess(): void {
  if (registered) return;
  registered = true;
  process.once("beforeExit", () => void shutdown());
  process.once("exit", endNow);
}
