/**
 * What the master can do with a worker whose main thread does not answer: see what it runs, how much memory and CPU it takes, and stop it.
 * On its own host by the worker's board, /proc and a signal; else, and for code in no guard, by the worker's control thread.
 */
import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type CallName, type NowRunning, readRunning } from "../calls/now-running.ts";
import { greet } from "../wire/handshake.ts";
import { connect } from "../wire/transports.ts";
import { ControlLine } from "./control-line.ts";
import { helloFromHere } from "./hello.ts";
import type { ControlReport } from "./member.ts";
import { boardFile, controlSocketFile } from "./nest.ts";
import { cluster } from "./peers.ts";
import { usageOf } from "./process-usage.ts";
import type { WorkerRecord } from "./roster.ts";
import { signalCall } from "./signal-call.ts";

const ASK_MS = 300;

/** What the worker is busy with and what that takes; undefined fields are not known. */
export async function lookAt(record: WorkerRecord): Promise<ControlReport> {
  const ospid = record.config.ospid;
  const usage = folderOf(record) && ospid ? usageOf(ospid) : undefined;
  const running = nowRunning(record);
  if (usage && running) return { ...usage, running: [running] };
  const line = record.control ?? (await openControl(record));
  const answer = await line?.ask("report", ASK_MS);
  if (line !== record.control) line?.close();
  try {
    return answer ? (JSON.parse(answer) as ControlReport) : { ...usage };
  } catch {
    return { ...usage };
  }
}

/** The call that the worker runs in a guard right now; undefined when there is none, or it does not tell. */
export function nowRunning(record: WorkerRecord): NowRunning | undefined {
  return withBoard(record, readRunning);
}

/** Signals what the worker runs, for an order to stop all, or `only` that call. Gives false where the worker's own control thread has to do that. */
export async function signalWorker(record: WorkerRecord, only: CallName | undefined, order = 0): Promise<boolean> {
  const { manager, config, member } = record;
  const signal = () => manager.manage(member.pid, config, "interrupt");
  const fd = openBoardOf(record);
  if (fd !== undefined) {
    await signalCall(fd, only, signal, order).finally(() => closeSync(fd));
    return true;
  }
  if (record.control) return false;
  if (!only && performance.now() - (blindlyAt.get(record) ?? Number.NEGATIVE_INFINITY) > BLINDLY_AGAIN_MS) {
    blindlyAt.set(record, performance.now());
    await signal();
  }
  return true;
}

/** Workers without a board, because their disk was full as they started, are signalled blindly, and seldom: see signal-call.ts. */
const blindlyAt = new WeakMap<WorkerRecord, number>();
const BLINDLY_AGAIN_MS = 500;

/** A line to its control thread; undefined when there is none. */
export async function openControl(record: WorkerRecord): Promise<ControlLine | undefined> {
  if (record.control) return record.control;
  const folder = folderOf(record);
  if (!folder || !record.config.ospid) return undefined;
  try {
    const address = { host: controlSocketFile(folder, record.config.ospid), port: 0 };
    const socket = await connect(address, { timeoutMs: ASK_MS });
    await greet(socket, { cookie: cluster.cookie, hello: helloFromHere(), side: "connecting", timeoutMs: ASK_MS });
    return new ControlLine(socket);
  } catch {
    return undefined;
  }
}

function withBoard<T>(record: WorkerRecord, look: (fd: number) => T): T | undefined {
  const fd = openBoardOf(record);
  if (fd === undefined) return undefined;
  try {
    return look(fd);
  } finally {
    closeSync(fd);
  }
}

function openBoardOf(record: WorkerRecord): number | undefined {
  const folder = folderOf(record);
  if (!folder || !record.config.ospid) return undefined;
  try {
    return openSync(boardFile(folder, record.config.ospid), "r+");
  } catch {
    return undefined;
  }
}

/** The folder of the worker's socket, when it listens on one. */
function folderOf({ member }: WorkerRecord): string | undefined {
  return member.address?.port === 0 ? dirname(member.address.host) : undefined;
}
