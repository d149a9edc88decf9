/** Which workers may connect to each other. Pure. */
import type { Topology } from "./cluster-manager.ts";
import type { Member } from "./member.ts";

export const topologies: readonly Topology[] = ["all_to_all", "master_worker", "custom"];

/** Whether `from` may send to `to`. The master reaches all. */
export function maySend(topology: Topology, from: Member, to: Member): boolean {
  if (from.pid === 1 || to.pid === 1 || topology === "all_to_all") return true;
  if (topology === "master_worker") return false;
  return names(from, to) || names(to, from);
}

function names(a: Member, b: Member): boolean {
  return b.ident !== undefined && (a.connectIdents?.includes(b.ident) ?? false);
}
