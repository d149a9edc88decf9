/**
 * The end of a worker that does not end by itself: its manager kills it. Where that has no way to, or its way does not help, the connections
 * are closed, so that nobody waits for it any longer; a worker that loses its master ends, a busy one by its control thread.
 */
import { soon } from "./life.ts";
import type { WorkerRecord } from "./roster.ts";

/** How long `manager.kill` may take, which may have to start programs on other hosts, and then to have an effect. */
const KILL_MS = 5000;
const END_MS = 1000;
/** How long it takes at most until a closed connection is known to all. */
const CLOSE_MS = 1000;

/** Resolves when the worker counts as gone. */
export async function killWorker(record: WorkerRecord): Promise<void> {
  const { remote, control } = record;
  if (remote.isGone) return;
  const gone = new Promise<true>((resolve) => remote.onGone.push(() => resolve(true)));
  if (record.manager.kill) {
    await soon(Promise.race([gone, kill(record)]), KILL_MS);
    if (await soon(gone, END_MS)) return;
  }
  remote.link?.destroy();
  control?.close();
  await soon(gone, CLOSE_MS);
}

async function kill({ manager, config, member }: WorkerRecord): Promise<void> {
  try {
    await manager.kill?.(member.pid, config);
  } catch {
    // It could not: the connections are closed.
  }
}
