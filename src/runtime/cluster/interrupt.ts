/**
 * interrupt: stops what runs on workers, keeps the processes and their state. Each step is for what the one before cannot reach:
 *
 *   1. a message: calls that wait are answered at once
 *   2. a signal, by the manager: ends code in a guard, which is the synchronous part of every call that is not known to be quick
 *   3. the control thread: ends code anywhere else
 *   4. the end of the process, after the grace time: it is in native code that does not return
 */
import { UsageError } from "../../errors.ts";
import { type CallName, isSame } from "../calls/now-running.ts";
import { encodeValue } from "../wire/codec.ts";
import { nextId, self } from "../wire/identity.ts";
import { Kind } from "../wire/messages.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";
import { nowRunning, openControl, signalWorker } from "./busy-worker.ts";
import type { ControlLine } from "./control-line.ts";
import { killWorker } from "./kill-worker.ts";
import { soon } from "./life.ts";
import type { ClusterMessage } from "./member.ts";
import { roster, type WorkerRecord } from "./roster.ts";

/** How long the control thread may take to answer. */
const ASK_MS = 300;
/** How long each step may take to have an effect before the next one. */
const STEP_MS = 25;
/** A signal that has an effect has it sooner. */
const FIRST_STEP_MS = 10;
/** How long a worker may take to answer once it has been stopped. */
const PING_MS = 200;
/** The longest pause between two looks at a worker that is busy with another call than the one to be stopped. */
const LONGEST_LOOK_MS = 400;
/** How long a worker may take to stop before it is ended. */
export const INTERRUPT_GRACE_MS = 2000;

/**
 * Stops what runs on the given workers, or on all of them; whoever waits for it gets an InterruptError. The processes and their
 * state stay. A worker that cannot be stopped within 2 s, because it is in native code that does not return, is ended, and its callers
 * get a ProcessExitedError that says so. Only on process 1; ids that are not there are ignored.
 *
 * @example
 * const stuck = remotecallFetch(2, () => new Promise(() => {}));
 * setTimeout(() => interrupt(2), 50);
 * await stuck.catch((error) => console.log(error.name)); // InterruptError
 */
export async function interrupt(...pids: (number | readonly number[])[]): Promise<void> {
  if (self.pid !== 1) throw new UsageError("interrupt: only process 1 can interrupt workers");
  const wanted = (pids as (number | number[])[]).flat();
  const records = wanted.length > 0 ? wanted.flatMap((pid) => roster.get(pid) ?? []) : [...roster.values()];
  await Promise.all(records.map(stopWorker));
}

/**
 * One request of this process was cancelled, and its message is on the way. A worker that is busy with that very call is stopped; while it
 * is busy with another one, that one is left alone and the message waits its turn.
 */
export async function stopCancelled(record: WorkerRecord, id: number): Promise<void> {
  const { remote } = record;
  const settled = () => !remote.pending.has(id) || remote.isGone;
  const only: CallName = { from: self.pid, id };
  const order = nextId();
  const deadline = Date.now() + INTERRUPT_GRACE_MS;
  let pause = STEP_MS;
  let control: ControlLine | undefined;
  await delay(STEP_MS);
  try {
    while (!settled()) {
      await signalWorker(record, only);
      await delay(STEP_MS);
      if (settled()) return;
      control ??= await openControl(record);
      const answer = await control?.ask(`stop ${order} ${only.from} ${only.id}`, ASK_MS);
      const isAlone = remote.pending.size === 1 || isSame(nowRunning(record), only);
      if (Date.now() > deadline && answer !== "no" && isAlone && !settled()) return await endWorker(record, answer);
      await delay(pause);
      if (Date.now() > deadline) pause = Math.min(LONGEST_LOOK_MS, pause * 2);
    }
  } finally {
    if (control !== record.control) control?.close();
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Stops all that runs on that worker; one that does not stop is ended. */
export async function stopWorker(record: WorkerRecord): Promise<void> {
  const { remote, manager, config, member } = record;
  let order = nextId();
  let stopped = askToStop(remote, order);
  if (await soon(stopped, 0)) return;
  let deadline = Date.now() + INTERRUPT_GRACE_MS;
  let unheard = Number.POSITIVE_INFINITY;
  let control: ControlLine | undefined;
  let answer: string | undefined;
  let wasStruck = false;
  try {
    // A manager that is not ours may have a way of its own.
    if (record.control && config.tunnel === undefined) await manager.manage(member.pid, config, "interrupt");
    for (let waitMs = FIRST_STEP_MS; Date.now() < deadline; waitMs = STEP_MS) {
      // The order waits behind what was sent before it: a worker that takes that in and answers is not out of reach.
      const left = (remote.link?.queuedBytes ?? 0) + remote.pending.size;
      if (left < unheard) deadline = Date.now() + INTERRUPT_GRACE_MS;
      unheard = left;
      if ((await signalWorker(record, undefined, order)) && (await soon(stopped, waitMs))) return;
      control ??= await openControl(record);
      answer = await control?.ask(`stop ${order}`, ASK_MS);
      if (answer === "struck") wasStruck = true;
      if (!(await soon(stopped, STEP_MS))) continue;
      if (!wasStruck || (await soon(askToStop(remote, order), PING_MS))) return;
      // What was struck goes on: a chain of process.nextTick, of which the next link was in the queue already.
      order = nextId();
      stopped = askToStop(remote, order);
      wasStruck = false;
    }
  } finally {
    if (control !== record.control) control?.close();
  }
  await endWorker(record, answer);
}

/** Resolves once the worker has stopped what waits there, or is gone. */
function askToStop(remote: RemoteProcess, order: number): Promise<true> {
  const message: ClusterMessage = { op: "interrupt", order };
  return remote.request(Kind.CLUSTER, encodeValue(message, remote)).then(
    () => true,
    () => true,
  );
}

/** It is in native code that does not return, or loads a module that does not come to its end, as the control thread has answered. */
async function endWorker(record: WorkerRecord, answer: string | undefined): Promise<void> {
  const why = answer === "loading" ? "was loading an ES module, which cannot be stopped halfway, " : "";
  record.endedFor = `${why}did not stop within ${INTERRUPT_GRACE_MS / 1000} s of being interrupted and was ended`;
  await killWorker(record);
}
