/**
 * Looks at processes through /proc. A zombie counts as dead: some init processes reap orphans only once a second, and
 * until then `kill(pid, 0)` calls them alive.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessInfo {
  pid: number;
  ppid: number;
  /** R running, S sleeping, D in the kernel, T stopped, Z zombie. */
  state: string;
  /** When it was started, in hundredths of a second since the machine was. */
  started: number;
  /** Read when asked for: the memory of a process that hangs in the kernel cannot be looked at, and whoever tries hangs too. */
  readonly command: string;
}

/** What /proc says of one process, or undefined when it is gone or dead. */
export function processInfo(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state = "X", ppid = "0"] = fields;
    if (state === "Z" || state === "X") return undefined;
    const name = stat.slice(stat.indexOf("("), stat.lastIndexOf(")") + 1);
    return {
      pid,
      ppid: Number(ppid),
      state,
      started: Number(fields[19]),
      get command() {
        return commandLine(pid) || name;
      },
    };
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** The present, in hundredths of a second since the machine was started. */
export function ticksNow(): number {
  return Math.floor(Number.parseFloat(readFileSync("/proc/uptime", "latin1")) * 100);
}

export function isAlive(pid: number): boolean {
  return processInfo(pid) !== undefined;
}

/** Every living process of the machine. */
export function allProcesses(): ProcessInfo[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processInfo(Number(name)))
    .filter((info) => info !== undefined);
}

/** The children of `pid`, their children and so on; not `pid` itself. */
export function descendants(pid: number): ProcessInfo[] {
  const all = allProcesses();
  const found: ProcessInfo[] = [];
  const open = [pid];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const info of all) {
      if (info.ppid !== parent) continue;
      found.push(info);
      open.push(info.pid);
    }
  }
  return found;
}

/**
 * Processes whose environment carries `NAME=value`: finds also those that lost their parent. Never this process. Only those started
 * since `ticks` are looked at.
 */
export function processesWith(name: string, value: string, ticks = 0): ProcessInfo[] {
  const wanted = `${name}=${value}\0`;
  return allProcesses().filter(({ pid, started }) => {
    if (pid === process.pid || started < ticks) return false;
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
      return environment.startsWith(wanted) || environment.includes(`\0${wanted}`);
    } catch {
      return false;
    }
  });
}

/** Sends a signal and does not mind when the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already, which is what was wanted.
  }
}
