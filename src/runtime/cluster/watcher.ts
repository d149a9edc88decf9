/**
 * Sees to it that no worker outlives the process that started it, however that ends. A shell, the smallest program there is everywhere,
 * reads process ids from a pipe; when the pipe closes it waits a moment for workers to end by themselves, then kills what is left,
 * their children included, and removes the folder of their sockets. It ignores the signals of a terminal.
 */

/** Workers that are not busy end by themselves within this time after their master. */
const GRACE_S = "0.3";

// Every worker leads a process group of its own, so that -pid is the worker and what it has started.
const script = `trap '' INT HUP TERM QUIT
pids=
while read -r op pid; do
  case $op in
    +) pids="$pids $pid" ;;
    -) rest=; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done; pids=$rest ;;
  esac
done
if [ -n "$pids" ]; then
  sleep ${GRACE_S}
  for p in $pids; do kill -s KILL -- "-$p"; kill -s KILL "$p"; done 2>/dev/null
fi
rm -rf -- "$1"`;

export interface Watcher {
  add(ospid: number): void;
  remove(ospid: number): void;
  /** Nobody is left to watch. */
  end(): void;
}

/** Starts one; it removes `folder` at its end. */
export function startWatcher(folder: string): Watcher {
  if (process.platform === "win32") return { add() {}, remove() {}, end() {} };
  const shell = process.getBuiltinModule("node:child_process").spawn("/bin/sh", ["-c", script, "tjl-watcher", folder], {
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
    detached: true,
  });
  shell.on("error", () => {});
  shell.stdin.on("error", () => {});
  shell.unref();
  (shell.stdin as { unref?(): void }).unref?.();
  return {
    add: (ospid) => void shell.stdin.write(`+ ${ospid}\n`),
    remove: (ospid) => void shell.stdin.write(`- ${ospid}\n`),
    end: () => void shell.stdin.end(),
  };
}
