/**
 * interrupt: stops what runs on workers, keeps the processes and their state. Each step is for what the one before cannot reach:
 *
 *   1. a message: calls that wait are answered at once
 *   2. SIGINT, by the manager: ends code in a guard, which is the synchronous part of every call that is not known to be quick
 *   3. the control thread: ends code anywhere else
 *   4. the end of the process, after the grace time: it is in native code that does not return
 */
import { setTimeout as delay } from "node:timers/promises";
import { UsageError } from "../../errors.ts";
import { encodeValue } from "../wire/codec.ts";
import { self } from "../wire/identity.ts";
import { Kind } from "../wire/messages.ts";
import { nowRunning, terminateMainThread } from "./busy-worker.ts";
import { soon } from "./life.ts";
import type { ClusterMessage } from "./member.ts";
import { roster, type WorkerRecord } from "./roster.ts";

/** After the signal, how long until the control thread is asked. */
const SIGNAL_MS = 60;
/** How long a cancelled call may take to say so before it is looked into. */
const CANCEL_MS = 50;
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
 * One request of this process was cancelled, and its message is on the way. If the worker is busy with that very call it is stopped by
 * signal; while it is busy with another one, that one is left alone and the message waits its turn; if it cannot be told what
 * it is busy with, all that runs there is stopped.
 */
export async function stopCancelled(record: WorkerRecord, id: number): Promise<void> {
  const { remote, manager, config, member } = record;
  const settled = () => !remote.pending.has(id) || remote.isGone;
  const deadline = Date.now() + INTERRUPT_GRACE_MS;
  await delay(CANCEL_MS);
  while (!settled()) {
    const now = await nowRunning(record);
    if (settled()) return;
    const mine = now?.id === id && now.from === self.pid;
    if (!now || (mine && Date.now() > deadline)) return stopWorker(record);
    if (mine) await manager.manage(member.pid, config, "interrupt");
    await delay(CANCEL_MS);
  }
}

async function stopWorker(record: WorkerRecord): Promise<void> {
  const { remote, manager, config, member } = record;
  const message: ClusterMessage = { op: "interrupt" };
  const stopped = remote.request(Kind.CLUSTER, encodeValue(message, remote)).then(
    () => true,
    () => true,
  );
  if (await soon(stopped, 0)) return;
  const deadline = Date.now() + INTERRUPT_GRACE_MS;
  await manager.manage(member.pid, config, "interrupt");
  if (await soon(stopped, SIGNAL_MS)) return;
  while (Date.now() < deadline) {
    // The first signal may have come in the moment before the code entered its guard, so it is sent again.
    await terminateMainThread(record, 200);
    await manager.manage(member.pid, config, "interrupt");
    if (await soon(stopped, SIGNAL_MS)) return;
  }
  record.endedFor = `did not stop within ${INTERRUPT_GRACE_MS / 1000} s of being interrupted and was ended`;
  await Promise.resolve(manager.kill?.(member.pid, config)).catch(() => {});
  await soon(stopped, 1000);
}
