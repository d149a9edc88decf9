/**
 * Ctrl-C before a program runs: status 130. Once it runs the signal is left to the system, which ends the process by it, and a shell shows 130 for
 * that too: a handler would never be called while the program computes without a pause, or waits in native code. What a process leaves behind
 * goes as after a SIGKILL. The prompt has a way of its own (repl/interrupt-guard.ts).
 */
import { Status } from "./endings.ts";

/** From now on SIGINT ends the process with status 130. */
export function endOnInterrupt(): void {
  process.on("SIGINT", onInterrupt);
}

/** SIGINT is left to others again: to the system, to the program, or to the prompt. */
export function leaveInterrupt(): void {
  process.off("SIGINT", onInterrupt);
}

function onInterrupt(): void {
  if (process.listenerCount("SIGINT") > 1) return;
  process.exit(Status.INTERRUPTED);
}
