/**
 * Ctrl-C while a program runs: status 130. While the program computes without a pause a handler would never be called. In its first part
 * there is none, so that the signal ends the process by itself (a shell shows 130 for that too), and later a guard helps. Node's
 * own way to reach busy code (breakOnSigint) loses a signal that comes as the code ends.
 */
import type { ChildProcess } from "node:child_process";
import { fstatSync } from "node:fs";
import { Status } from "./endings.ts";

/** How long a process lives before it gets a guard. */
const GUARD_AFTER_MS = 300;

let guard: ChildProcess | undefined;
let guardTimer: NodeJS.Timeout | undefined;

/** From now on SIGINT ends the process with status 130, unless the program listens for it itself. */
export function endOnInterrupt(): void {
  if (process.listeners("SIGINT").includes(onInterrupt)) return;
  process.on("SIGINT", onInterrupt);
  guardTimer ??= setTimeout(startGuard, GUARD_AFTER_MS).unref();
}

/** SIGINT is left to others again: to the system, or to the prompt. */
export function leaveInterrupt(): void {
  process.off("SIGINT", onInterrupt);
  stopGuard();
}

function onInterrupt(): void {
  if (process.listenerCount("SIGINT") > 1) return;
  process.exit(Status.INTERRUPTED);
}

/**
 * At a terminal a small shell in the same process group hears Ctrl-C too. When this process is too busy to end by itself within a
 * second, the shell ends it.
 */
async function startGuard(): Promise<void> {
  if (process.platform === "win32" || !fstatSync(2).isCharacterDevice()) return;
  const { isatty } = process.getBuiltinModule("node:tty");
  const { spawn } = process.getBuiltinModule("node:child_process");
  if (!isatty(2) || guardTimer === undefined || process.listenerCount("SIGINT") > 1) return;
  const script = `trap 'sleep 1; kill -s KILL "$1" 2>/dev/null; exit' INT
trap '' TERM HUP QUIT
while read -r _ || [ $? -gt 128 ]; do :; done`;
  const words = ["-c", script, "tjl-guard", String(process.pid)];
  guard = spawn("/bin/sh", words, { stdio: ["pipe", "ignore", "ignore"], cwd: "/" });
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
  clearTimeout(guardTimer);
  guardTimer = undefined;
  process.off("newListener", stopForOthers);
  guard?.stdin?.end();
  guard = undefined;
}
