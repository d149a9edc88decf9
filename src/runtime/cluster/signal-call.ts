/**
 * Sends a signal to what a process runs in a guard, so that it strikes that call or nothing: the board (calls/now-running.ts) is
 * looked at, the signal is announced there, and the board is looked at again. For the master, and for the control thread of a worker
 * that the master cannot signal.
 */
import { announceSignal, type CallName, isSame, readRunning, readSignal } from "../calls/now-running.ts";

/**
 * A signal is not lost, unless the call itself listens for it. A second one soon after could come when the first has struck and the process
 * is on its way out of the guard, where a signal would end it.
 */
const AGAIN_MS = 500;

/** Signals the call that runs, for an order to stop all, or `only` that one. Resolves to undefined when it does not run in a guard. */
export async function signalCall(
  board: number,
  only: CallName | undefined,
  signal: () => unknown,
  order = 0,
): Promise<CallName | undefined> {
  const now = readRunning(board);
  if (!now || (only && !isSame(now, only))) return undefined;
  const last = readSignal(board);
  if (last && isSame(last, now) && Date.now() - last.at < AGAIN_MS) return now;
  announceSignal(board, now, order);
  if (!isSame(readRunning(board), now)) {
    announceSignal(board, undefined);
    return undefined;
  }
  await signal();
  return now;
}
