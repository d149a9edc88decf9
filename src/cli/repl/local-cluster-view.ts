/** The cluster as this process sees it, for the prompt: made out of the runtime's own reports. */

import { ProcessExitedError } from "../../errors.ts";
import { workers } from "../../runtime/calls/membership.ts";
import { remotecallFetch } from "../../runtime/calls/remotecall.ts";
import { listVariables } from "../../runtime/calls/variables.ts";
import { interrupt } from "../../runtime/cluster/interrupt.ts";
import type { RunningInfo } from "../../runtime/cluster/member.ts";
import { clusterReport } from "../../runtime/cluster/report.ts";
import { onWorkerLost } from "../../runtime/cluster/roster.ts";
import { withSignal } from "../../runtime/refs/context.ts";
import { self } from "../../runtime/wire/identity.ts";
import { processes } from "../../runtime/wire/remote-process.ts";
import type { ClusterView, StatusRow } from "./cluster-view.ts";
import { PROMPT_FILE } from "./entry-log.ts";

export function localClusterView(): ClusterView {
  return {
    workers: () => workers().filter((pid) => pid !== self.pid),
    status,
    whos: (pid, platformNames) => remotecallFetch(pid, listVariables, platformNames),
    running: () => [...processes.values()].reduce((sum, { pending }) => sum + pending.size, 0),
    interrupt: () => interrupt(),
    withSignal,
    onDeath: (listener) =>
      onWorkerLost((exit) => listener({ pid: exit.pid, reason: new ProcessExitedError(exit).message })),
  };
}

/** CPU time at the last look, for the share used since. */
const lastLook = new Map<number, { cpuMs: number; at: number }>();

async function status(): Promise<StatusRow[]> {
  return (await clusterReport()).map((row) => ({
    pid: row.pid,
    host: row.host,
    state: row.pid !== self.pid && (row.state === "busy" || row.running?.length) ? "busy" : "idle",
    runs: row.running?.map(runsText).join("; "),
    memoryBytes: row.rss,
    cpu: row.cpuMs === undefined ? undefined : cpuShare(row.pid, row.cpuMs),
    ospid: row.ospid,
  }));
}

function cpuShare(pid: number, cpuMs: number): number | undefined {
  const before = lastLook.get(pid);
  const at = performance.now();
  lastLook.set(pid, { cpuMs, at });
  return before ? Math.max(0, (cpuMs - before.cpuMs) / Math.max(1, at - before.at)) : undefined;
}

/** `slow (lib.ts:12), 3.2 s` */
function runsText({ name, place, since }: RunningInfo): string {
  const where = place ? ` (${promptPlace(place) ?? place.slice(place.lastIndexOf("/") + 1)})` : "";
  return `${name || "a function"}${where}, ${seconds(Date.now() - since)}`;
}

/** `prompt/12:2`, the second line of the entry that began in line 12, is `prompt:13`. */
function promptPlace(place: string): string | undefined {
  const [, first, line] = /^prompt\/(\d+):(\d+)$/.exec(place) ?? [];
  return first && `${PROMPT_FILE}:${Number(first) + Number(line) - 1}`;
}

function seconds(ms: number): string {
  return `${Math.max(0, ms / 1000).toFixed(1)} s`;
}
