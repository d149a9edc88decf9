/** Stopping what runs on this process for others: their callers get InterruptError at once, the process keeps its state. */
import { onCutOff } from "../wire/cut-off.ts";
import { eachRunning } from "./running.ts";

let lastOrder = 0;

/** Stops every call that waits here. Gives how many there were. */
export function stopAllRunning(order: number): number {
  lastOrder = Math.max(lastOrder, order);
  const calls = [...eachRunning()];
  for (const call of calls) call.stop(undefined);
  return calls.length;
}

/** Whether that order has been heard here: then nothing has to be cut off for it any more. */
export function hasHeard(order: number): boolean {
  return order <= lastOrder;
}

// Promises that were about to go on are lost with the stack, and nobody knows whose they were: all that waits is stopped.
onCutOff(
  () => {},
  () => stopAllRunning(0),
);
