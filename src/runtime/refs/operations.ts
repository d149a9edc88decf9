/**
 * What can be done with a slot, on its owner: for its own handles and for the requests of other processes. Rejects with a Failure
 * where the call that was to fill the slot failed.
 */
import { TjuliaError, UsageError } from "../../errors.ts";
import { holdOpen, letGo } from "../wire/keep-alive.ts";
import type { RefOp, RefRequest } from "../wire/messages.ts";
import { processes } from "../wire/remote-process.ts";
import { Channel, type WaitOptions } from "./channel.ts";
import { elementOf } from "./element.ts";
import { failureOf } from "./failure.ts";
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
    case "invoke":
      return alive(invokeHere(await slot.read(signal), args, signal, false));
    default:
      throw new UsageError(`a reference has no operation ${String(op)}`);
  }
}

/** The owner's side of a REF request. */
export async function serveRefRequest(request: unknown, signal?: AbortSignal): Promise<unknown> {
  const [op, whence, id, ...args] = request as RefRequest;
  if (op !== "invoke") return operateHere(op, whence, id, args, signal);
  return invokeHere(await slotOf(whence, id).read(signal), args, signal, true);
}

/** The methods of a channel that take options at their end. */
const waiting: ReadonlySet<unknown> = new Set(["put", "take", "fetch", "wait"]);

/** Calls a method of the object in a slot. `isFar`: its value goes to another process. */
async function invokeHere(
  target: unknown,
  [name, ...args]: readonly unknown[],
  signal: AbortSignal | undefined,
  isFar: boolean,
): Promise<unknown> {
  if (target instanceof Channel && waiting.has(name)) args.push((signal ? { signal } : {}) satisfies WaitOptions);
  const method = target instanceof Channel && isFar && name === "take" ? "takeToSend" : String(name);
  const f = (target as Record<string, unknown> | null | undefined)?.[method];
  if (typeof f !== "function") throw new UsageError(`the object behind this channel has no method "${method}"`);
  try {
    return await f.apply(target, args);
  } catch (thrown) {
    throw thrown instanceof TjuliaError ? thrown : failureOf(thrown);
  }
}

/** Keeps the process alive while another one could still fill or empty the slot. */
function alive<T>(promise: Promise<T>): Promise<T> {
  if (processes.size === 0) return promise;
  holdOpen();
  return promise.finally(letGo);
}
