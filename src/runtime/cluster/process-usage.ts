/** The memory and CPU time of another process of this host, from /proc; nothing where there is none. */
import { readFileSync } from "node:fs";

/** What Linux counts CPU time in, on every machine of today. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;

export function usageOf(ospid: number): { rss?: number; cpuMs?: number } {
  try {
    const stat = readFileSync(`/proc/${ospid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { rss: Number(fields[21]) * PAGE_BYTES, cpuMs: (ticks * 1000) / TICKS_PER_S };
  } catch {
    return {};
  }
}
