/**
 * Sees to it that no worker outlives the process that started it, however that ends. A shell, the smallest program there is everywhere,
 * reads process ids from a pipe; when the pipe closes it waits a moment for workers to end by themselves, then kills what is left,
 * their children included, and removes the folder of their sockets. It ignores the signals of a terminal.
 */
import { type ChildProcess, spawn } from "node:child_process";

/** Workers that are not busy end by themselves within this time after their master. */
const GRACE_S = "0.3";

const script = `trap '' INT HUP TERM QUIT
pids=
while read -r op pid; do
  case $op in
    +) pids="$pids $pid" ;;
    -) rest=; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done; pids=$rest ;;
  esac
done
[ -z "$pids" ] || { sleep ${GRACE_S}; for p in $pids; do kill -9 -- "-$p" "$p"; done; } 2>/dev/null
rm -rf -- "$1"`;

export interface Watcher {
  add(ospid: number): void;
  remove(ospid: number): void;
}

let watcher: Watcher | undefined;

/** The watcher of this process; started with the first worker. `folder` is removed when this process has ended. */
export function watchWorkers(folder: string): Watcher {
  watcher ??= start(folder);
  return watcher;
}

function start(folder: string): Watcher {
  if (process.platform === "win32") return { add() {}, remove() {} };
  const shell: ChildProcess = spawn("/bin/sh", ["-c", script, "tjl-watcher", folder], {
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
    detached: true,
  });
  shell.on("error", () => {});
  shell.stdin?.on("error", () => {});
  shell.unref();
  (shell.stdin as { unref?(): void } | null)?.unref?.();
  const say = (line: string) => shell.stdin?.write(`${line}\n`);
  return { add: (ospid) => say(`+ ${ospid}`), remove: (ospid) => say(`- ${ospid}`) };
}
