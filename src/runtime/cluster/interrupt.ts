/** interrupt: stops what runs on workers, keeps the processes and their state. */
import { UsageError } from "../../errors.ts";
import { encodeValue } from "../wire/codec.ts";
import { self } from "../wire/identity.ts";
import { Kind } from "../wire/messages.ts";
import { soon } from "./life.ts";
import type { ClusterMessage } from "./member.ts";
import { roster, type WorkerRecord } from "./roster.ts";

/** How long a worker may take to say that it has stopped. */
const GRACE_MS = 2000;

/**
 * Stops what runs on the given workers, or on all of them; whoever waits for it gets an InterruptError. The processes and their
 * state stay. Only on process 1; ids that are not there are ignored.
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
  await Promise.all(records.map(interruptWorker));
}

async function interruptWorker({ remote, manager, config, member }: WorkerRecord): Promise<void> {
  const message: ClusterMessage = { op: "interrupt" };
  const stopped = remote.request(Kind.CLUSTER, encodeValue(message, remote)).catch(() => {});
  await manager.manage(member.pid, config, "interrupt");
  await soon(stopped, GRACE_MS);
}
