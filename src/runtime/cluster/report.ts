/** What every process tells of itself: for `status()`, leak checks and the curious. */
import { encodeValue } from "../wire/codec.ts";
import { self } from "../wire/identity.ts";
import { Kind } from "../wire/messages.ts";
import { lookAt } from "./busy-worker.ts";
import { soon } from "./life.ts";
import type { ClusterMessage, WorkerReport } from "./member.ts";
import { roster, type WorkerRecord } from "./roster.ts";
import { reportOfThisProcess } from "./serve.ts";

export interface ReportRow extends Partial<WorkerReport> {
  readonly pid: number;
  readonly host: string;
  /** "busy": it has not answered within the time given, most likely because its code does not yield. */
  readonly state: "ready" | "busy";
  /** How long its event loop took to come to this question, ms; of a busy one, how long it has not come to it yet. */
  readonly loopDelayMs: number;
}

/**
 * One row a process, process 1 first. Waits no longer than `waitMs` for workers that are busy.
 *
 * @example
 * console.log((await clusterReport()).map((row) => row.pid)); // [ 1, 2, 3 ]
 */
export async function clusterReport(waitMs = 200): Promise<ReportRow[]> {
  const own: ReportRow = { pid: self.pid, host: self.host, state: "ready", loopDelayMs: 0, ...reportOfThisProcess() };
  return [
    own,
    ...(await Promise.all(
      [...roster.values()].sort((a, b) => a.member.pid - b.member.pid).map((record) => rowOf(record, waitMs)),
    )),
  ];
}

async function rowOf(record: WorkerRecord, waitMs: number): Promise<ReportRow> {
  const { remote, member, config } = record;
  const message: ClusterMessage = { op: "report" };
  const answer = remote.request(Kind.CLUSTER, encodeValue(message, remote)).catch(() => undefined);
  const asked = performance.now();
  const report = (await soon(answer, waitMs)) as WorkerReport | undefined;
  const loopDelayMs = performance.now() - asked;
  const { pid, host } = member;
  if (report) return { pid, host, state: "ready", loopDelayMs, ...report };
  const { running = [], ...usage } = await lookAt(record);
  const busyMs = Date.now() - Math.min(Date.now(), ...running.map(({ since }) => since));
  return {
    pid,
    host,
    state: "busy",
    loopDelayMs: Math.max(busyMs, loopDelayMs),
    running,
    ...usage,
    ...(config.ospid && { ospid: config.ospid }),
  };
}
