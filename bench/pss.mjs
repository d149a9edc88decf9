// Memory of a process in MiB, shared pages divided among those who share them.
import { readFileSync } from "node:fs";

export function pssOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)[1]) / 1024;
}
