/** The functions that only the prompt has: `status()`, `whos(pid)`, `exit()`, and Julia's own spelling of two others. */
import { inspect } from "node:util";
import { remotecallFetch, remotecallWait } from "../../runtime/calls/remotecall.ts";
import { self } from "../../runtime/wire/identity.ts";
import type { ClusterView } from "./cluster-view.ts";
import { statusTable, whosTable } from "./status.ts";

export interface PromptFunctionsOptions {
  cluster: ClusterView;
  columns(): number;
  leave(status: number): void;
}

/** Makes them globals. Gives the names that the platform has now, before the user makes any. */
export function installPromptFunctions({ cluster, columns, leave }: PromptFunctionsOptions): readonly string[] {
  let platform: readonly string[] = [];
  const functions: Record<string, unknown> = {
    status: async () => asTable(await cluster.status(), (rows) => statusTable(rows, columns())),
    whos: async (pid: number = self.pid) =>
      asTable(await cluster.whos(pid, platform), (rows) => whosTable(pid, rows, columns())),
    exit: (status = 0) => leave(status),
    remotecall_fetch: remotecallFetch,
    remotecall_wait: remotecallWait,
  };
  for (const [name, value] of Object.entries(functions)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
  platform = Object.getOwnPropertyNames(globalThis);
  return platform;
}

/** A list of rows that is shown as a table. */
function asTable<T>(rows: T[], text: (rows: T[]) => string): T[] {
  return Object.defineProperty(rows, inspect.custom, { value: () => text(rows) });
}
