/**
 * Calls of another process by the dozen thousand, each of which may be taken back: for pmap, which cancels all of them at once or
 * none. Cheaper than a signal, which would have to be told of each.
 */

import { nextId } from "../wire/identity.ts";
import { Flag, Kind } from "../wire/messages.ts";
import { emptyMessage, processOf, withFlags } from "../wire/remote-process.ts";
import { encodeCall } from "./encode-call.ts";
import type { AnyFunction } from "./function-table.ts";

export interface StartedCall {
  readonly id: number;
  readonly answer: Promise<unknown>;
}

/**
 * Calls `f(...args)` on another process. `hasContext`: calls that `f` makes there are stopped with it; a function that makes none need
 * not pay for that. Throws a SerializationError at once.
 */
export function startCall(pid: number, f: AnyFunction, args: readonly unknown[], hasContext: boolean): StartedCall {
  const process = processOf(pid);
  const message = encodeCall(process, f, args);
  const id = nextId();
  const answer = process.request(Kind.CALL, hasContext ? withFlags(message, Flag.CANCELLABLE) : message, undefined, id);
  return { id, answer };
}

export function isUnderWay(pid: number, id: number): boolean {
  return processOf(pid).pending.has(id);
}

/** Stops it where it runs; it is answered with an InterruptError. Does nothing when it has been answered. */
export function cancelCall(pid: number, id: number): void {
  const process = processOf(pid);
  if (!process.pending.has(id)) return;
  process.post(Kind.CANCEL, id, emptyMessage);
  process.onCancel?.(id);
}
