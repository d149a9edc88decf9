/** Stopping what runs on this process for others: their callers get InterruptError at once, the process keeps its state. */
import { onCutOff } from "../wire/cut-off.ts";
import { eachRunning } from "./running.ts";

let lastOrder = 0;
/** The order that has struck here by a signal or the control thread, perhaps before its message. */
let struckFor = 0;

/** Stops every call that waits here. Gives how many there were. */
export function stopAllRunning(order: number): number {
  lastOrder = Math.max(lastOrder, order);
  const calls = [...eachRunning()];
  for (const call of calls) call.stop(undefined);
  return calls.length;
}

/** Something was struck for `order`, to stop all. */
export function struck(order: number): void {
  struckFor = Math.max(struckFor, order);
}

/** Whether what arrives is meant by an order whose message comes behind it: it is not to start at all. */
export function isStopping(): boolean {
  return struckFor > lastOrder;
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
