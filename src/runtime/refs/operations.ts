/**
 * What can be done with a slot, on its owner: for its own handles and for the requests of other processes. Rejects with a Failure
 * where the call that was to fill the slot failed.
 */
import { UsageError } from "../../errors.ts";
import { holdOpen, letGo } from "../wire/keep-alive.ts";
import type { RefOp, RefRequest } from "../wire/messages.ts";
import { processes } from "../wire/remote-process.ts";
import { elementOf } from "./element.ts";
import { slotOf } from "./store.ts";

export async function operateHere(
  op: RefOp,
  whence: number,
  id: number,
  args: readonly unknown[],
  signal?: AbortSignal,
): Promise<unknown> {
  const slot = slotOf(whence, id);
  switch (op) {
    case "fetch":
      return alive(slot.read(signal));
    case "wait":
      await alive(slot.read(signal));
      return undefined;
    case "put":
      await alive(slot.put(args[0], signal));
      return undefined;
    case "take":
      return alive(slot.take(signal));
    case "isready":
      return slot.isReady;
    case "getindex":
      return elementOf(await alive(slot.read(signal)), args);
    default:
      throw new UsageError(`a reference has no operation ${String(op)}`);
  }
}

/** The owner's side of a REF request. */
export function serveRefRequest(request: unknown, signal?: AbortSignal): Promise<unknown> {
  const [op, whence, id, ...args] = request as RefRequest;
  return operateHere(op, whence, id, args, signal);
}

/** Keeps the process alive while another one could still fill or empty the slot. */
function alive<T>(promise: Promise<T>): Promise<T> {
  if (processes.size === 0) return promise;
  holdOpen();
  return promise.finally(letGo);
}
