/**
 * Sees to it that no worker outlives the process that started it, however that ends. A shell, the smallest program there is everywhere,
 * reads process ids from a pipe; when the pipe closes it waits a moment for workers to end by themselves, then kills what is left,
 * their children included, and removes the folder of their sockets. It ignores the signals of a terminal.
 */
import type { Writable } from "node:stream";

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
  /** Starts watching in this turn of the event loop: the workers are under way first. */
  add(ospid: number): void;
  /** Starts now. */
  begin(): void;
  remove(ospid: number): void;
  /** Nobody is left to watch. */
  end(): void;
}

/** One that removes `folder` at its end. */
export function watcherOf(folder: string): Watcher {
  let input: Writable | undefined;
  let waiting = "";
  let isOver = process.platform === "win32";
  const begin = () => {
    if (input || isOver) return;
    input = startShell(folder);
    if (waiting) input.write(waiting);
  };
  const tell = (line: string) => {
    if (input) return void input.write(line);
    if (waiting === "") process.nextTick(begin);
    waiting += line;
  };
  return {
    add: (ospid) => tell(`+ ${ospid}\n`),
    begin,
    remove: (ospid) => tell(`- ${ospid}\n`),
    end() {
      isOver = true;
      input?.end();
    },
  };
}

function startShell(folder: string): Writable {
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
  return shell.stdin;
}
