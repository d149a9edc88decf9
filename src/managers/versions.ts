/** The warning that not every process of the cluster runs the same tjulia, Node and platform: a small table, alike ones together. Pure. */

export interface ProcessVersion {
  pid: number;
  host: string;
  tjulia: string;
  node: string;
  platform: string;
}

/** The table of those that differ from `here`, which comes first; undefined when none does. */
export function versionWarning(here: ProcessVersion, others: readonly ProcessVersion[]): string | undefined {
  const kind = ({ tjulia, node, platform }: ProcessVersion) => [tjulia, node, platform];
  const isLikeHere = (other: ProcessVersion) => kind(other).join() === kind(here).join();
  const groups = new Map<string, ProcessVersion[]>();
  for (const other of others) {
    if (isLikeHere(other)) continue;
    const key = [other.host, ...kind(other)].join();
    groups.set(key, [...(groups.get(key) ?? []), other]);
  }
  if (groups.size === 0) return undefined;
  const row = (members: readonly [ProcessVersion, ...ProcessVersion[]]) => {
    const [first] = members;
    return [spans(members.map(({ pid }) => pid)), first.host, ...kind(first)];
  };
  const rows = [[here] as const, ...(groups.values() as Iterable<[ProcessVersion, ...ProcessVersion[]]>)].map(row);
  const table = aligned([["process", "host", "tjulia", "Node", "platform"], ...rows]);
  return `not all processes run the same\n${table.map((line) => `    ${line}`).join("\n")}\n  try: the same versions there; exename names the Node to use`;
}

/** `2-4, 7` */
function spans(pids: readonly number[]): string {
  const parts: [from: number, to: number][] = [];
  for (const pid of [...pids].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last && last[1] === pid - 1) last[1] = pid;
    else parts.push([pid, pid]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
