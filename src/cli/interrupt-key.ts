/**
 * Ctrl-C while a program runs: status 130. Before the program has given up control for the first time the signal ends the process by
 * itself, because a handler would never be called while the program computes; a shell shows 130 for that too.
 */
import type { ChildProcess } from "node:child_process";
import { Status } from "./endings.ts";

/** From now on SIGINT ends the process with status 130, unless the program listens for it itself. */
export function endOnInterrupt(): void {
  if (process.listeners("SIGINT").includes(onInterrupt)) return;
  process.on("SIGINT", onInterrupt);
  void startGuard();
}

/** The prompt takes Ctrl-C for itself. */
export function keepOnInterrupt(): void {
  process.off("SIGINT", onInterrupt);
  stopGuard();
}

function onInterrupt(): void {
  if (process.listenerCount("SIGINT") > 1) return;
  process.exit(Status.INTERRUPTED);
}

let guard: ChildProcess | undefined;

/**
 * At a terminal a small shell in the same process group hears Ctrl-C too. When this process is too busy to end by itself within a
 * second, the shell ends it.
 */
async function startGuard(): Promise<void> {
  if (process.platform === "win32") return;
  const { isatty } = await import("node:tty");
  if (!isatty(0) && !isatty(2)) return;
  const { spawn } = await import("node:child_process");
  const script = `trap 'sleep 1; kill -s KILL "$1" 2>/dev/null; exit' INT
trap '' TERM HUP QUIT
while read -r _ || [ $? -gt 128 ]; do :; done`;
  guard = spawn("/bin/sh", ["-c", script, "tjl-guard", String(process.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
  });
  guard.on("error", () => {});
  guard.stdin?.on("error", () => {});
  guard.unref();
  (guard.stdin as { unref?(): void } | null)?.unref?.();
  process.on("newListener", stopForOthers);
}

/** A program that handles Ctrl-C itself may take its time. */
function stopForOthers(event: string): void {
  if (event === "SIGINT") stopGuard();
}

function stopGuard(): void {
  process.off("newListener", stopForOthers);
  guard?.stdin?.end();
  guard = undefined;
}
