/** The cluster as this process sees it, for the prompt: made out of the runtime's own reports. */

import { ProcessExitedError } from "../../errors.ts";
import { workers } from "../../runtime/calls/membership.ts";
import { remotecallFetch } from "../../runtime/calls/remotecall.ts";
import { interrupt } from "../../runtime/cluster/interrupt.ts";
import { clusterReport } from "../../runtime/cluster/report.ts";
import { onWorkerLost } from "../../runtime/cluster/roster.ts";
import { withSignal } from "../../runtime/refs/context.ts";
import { self } from "../../runtime/wire/identity.ts";
import { processes } from "../../runtime/wire/remote-process.ts";
import type { ClusterView, StatusRow, Variable } from "./cluster-view.ts";

export function localClusterView(): ClusterView {
  return {
    workers: () => workers().filter((pid) => pid !== self.pid),
    status,
    whos: (pid, platformNames) => remotecallFetch(pid, listVariables, platformNames) as Promise<Variable[]>,
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
    runs: row.running?.map(({ name, since }) => `${name || "a function"}, ${seconds(Date.now() - since)}`).join("; "),
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

function seconds(ms: number): string {
  return `${Math.max(0, ms / 1000).toFixed(1)} s`;
}

/**
 * Runs on the process that is asked: its own names with their types and rough sizes. Needs nothing but its argument, so that it
 * travels as text to any process.
 */
function listVariables(platformNames: readonly string[]): Variable[] {
  const known = new Set(platformNames);
  const sizeOf = (value: unknown, depth: number): number => {
    if (typeof value === "string") return 2 * value.length;
    if (typeof value === "function") return Function.prototype.toString.call(value).length;
    if (typeof value !== "object" || value === null) return 8;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength;
    const parts = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
    const looked = depth > 3 ? [] : parts.slice(0, 1000);
    const sum = looked.reduce((total: number, part) => total + sizeOf(part, depth + 1), 0);
    return 16 + (looked.length > 0 ? Math.round((sum * parts.length) / looked.length) : 0);
  };
  const typeOf = (value: unknown): string => {
    if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
    const { shape, dtype, length } = value as { shape?: number[]; dtype?: string; length?: number };
    if (Array.isArray(shape) && dtype) return `${shape.join("×")} ${dtype} array`;
    const name = value.constructor?.name || "Object";
    return typeof length === "number" ? `${name}(${length})` : name;
  };
  return Object.getOwnPropertyNames(globalThis)
    .filter((name) => !known.has(name))
    .map((name) => {
      const value = Object.getOwnPropertyDescriptor(globalThis, name)?.value as unknown;
      return { name, type: typeOf(value), bytes: sizeOf(value, 0) };
    });
}
