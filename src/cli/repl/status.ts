/** The tables of `status()` and `whos()`. Pure: rows in, text out. */
import type { Variable } from "../../runtime/calls/variables.ts";
import type { StatusRow } from "./cluster-view.ts";
import { bytesText, table } from "./table.ts";

export function statusTable(rows: readonly StatusRow[], width: number): string {
  const columns = [
    { title: "pid", side: "right" },
    { title: "host" },
    { title: "state" },
    { title: "memory", side: "right" },
    { title: "CPU", side: "right" },
    { title: "runs" },
  ] as const;
  const cells = rows.map((row) => [
    String(row.pid),
    row.host,
    row.state,
    bytesText(row.memoryBytes),
    row.cpu === undefined ? "" : `${Math.round(row.cpu * 100)} %`,
    row.pid === 1 ? "this prompt" : (row.runs ?? ""),
  ]);
  return table(columns, cells, width);
}

export function whosTable(pid: number, variables: readonly Variable[], width: number): string {
  if (variables.length === 0) return `no names of yours on process ${pid}`;
  const sorted = [...variables].sort((a, b) => a.name.localeCompare(b.name));
  const cells = sorted.map((v) => [v.name, bytesText(v.bytes), v.type]);
  return table([{ title: "name" }, { title: "size", side: "right" }, { title: "type" }], cells, width);
}
