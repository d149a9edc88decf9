/** The end of a worker as the master learns of it: why it ended, who is told, what is cleaned up. */
import type { ProcessExit } from "../../errors.ts";
import { dropHolder } from "../refs/store.ts";
import type { WorkerConfig } from "./cluster-manager.ts";
import { tellOthers } from "./join.ts";
import { cluster } from "./peers.ts";
import { roster, tellWorkerLost, type WorkerRecord } from "./roster.ts";

/** How long after the connection broke the manager's own news of the process's end is waited for. */
const NEWS_MS = 500;
/** How long the last words of a process that has ended are waited for. */
const WORDS_MS = 200;

/** What the manager knows of the process's end; in words when it knows nothing. */
export async function howItEnded(config: WorkerConfig): Promise<{
  exitCode?: number | undefined;
  signal?: string | undefined;
  reason?: string | undefined;
}> {
  const exited = await soon(config.exited, NEWS_MS);
  if (!exited) return {};
  const { exitCode, signal } = exited;
  const reason = exited.reason ?? (signal ? `was ended by ${signal}` : `exited with status ${exitCode ?? 0}`);
  return { ...exited, reason };
}

/** The connection to a worker is closed: it has ended, or will be taken for it. */
export async function connectionClosed(record: WorkerRecord, error: Error | undefined): Promise<void> {
  const { remote, member, config, manager } = record;
  if (!roster.has(member.pid)) return remote.gone({ pid: member.pid, reason: "ended while it was joining" });
  const exited = await soon(config.exited, NEWS_MS);
  if (exited) await soon(Promise.all(record.outputs.map((output) => output.ended)), WORDS_MS);
  const exit: ProcessExit = {
    pid: member.pid,
    host: member.host,
    exitCode: exited?.exitCode,
    signal: exited?.signal,
    reason: record.endedFor ?? (exited ? exited.reason : `closed its connection${error ? ` (${error.message})` : ""}`),
    lastLines: record.leaving ? [] : wordsOf(record),
  };
  roster.delete(member.pid);
  cluster.members.delete(member.pid);
  dropHolder(member.pid);
  remote.gone(exit);
  tellOthers({ op: "left", pid: member.pid, exit });
  if (!record.leaving) tellWorkerLost(exit);
  await manager.manage(member.pid, config, "deregister");
  await manager.manage(member.pid, config, "finalize");
}

function wordsOf(record: WorkerRecord): readonly string[] {
  return record.outputs.find((output) => output.stream === "stderr")?.lastLines ?? [];
}

/** The value, or undefined when it does not come in time. */
export async function soon<T>(promise: Promise<T> | undefined, ms: number): Promise<T | undefined> {
  if (!promise) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
