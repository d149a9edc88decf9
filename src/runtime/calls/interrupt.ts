/** Stopping what runs on this process for others: their callers get InterruptError at once, the process keeps its state. */
import { eachRunning } from "./running.ts";

/** Stops every call that waits here. Gives how many there were. */
export function stopAllRunning(): number {
  const calls = [...eachRunning()];
  for (const call of calls) call.stop(undefined);
  return calls.length;
}
