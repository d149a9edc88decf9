/**
 * Requests of other processes on their way in. Those of one sender start in the order sent. One that needs a module which is still
 * being imported holds up the requests behind it, but no answers: a module may itself wait for a call while it loads.
 */
import { importModule } from "../closures/modules.ts";
import type { Slot } from "../refs/slot.ts";
import { changeHold, slotOf } from "../refs/store.ts";
import { type Body, copyBody } from "../wire/body.ts";
import { openBody } from "../wire/codec.ts";
import { Kind } from "../wire/messages.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";
import { fail, type Message, startRequest, undecodable } from "./run-request.ts";

/** Requests that wait for a module, by sender, and those behind them. */
const blocked = new Map<RemoteProcess, (() => void | Promise<void>)[]>();

/** Takes a request in. `body` is valid only now; a request that has to wait keeps a copy. */
export function serveRequest(message: Message, body: Body, segments: readonly Uint8Array[]): void {
  const line = blocked.get(message.process);
  if (line) {
    const kept = copyBody(body);
    line.push(() => open(message, kept, segments));
    return;
  }
  const waiting = open(message, body, segments);
  if (!waiting) return;
  blocked.set(message.process, []);
  waiting.then(() => serveBlocked(message.process));
}

async function serveBlocked(process: RemoteProcess): Promise<void> {
  const line = blocked.get(process) ?? [];
  for (let next = line.shift(); next; next = line.shift()) await next();
  blocked.delete(process);
}

/** Decodes and starts a request. Gives a promise, which never rejects, when it has to wait before it can start. */
function open(message: Message, body: Body, segments: readonly Uint8Array[]): void | Promise<void> {
  let hold: Slot | undefined;
  try {
    if (message.kind === Kind.CALL_REF || message.kind === Kind.CALL_WAIT) hold = slotForCall(message);
    const opened = openBody(message.flags, body, segments, message.process);
    if (opened.needs.length === 0) return startRequest(message, opened.read(), hold);
    return Promise.all(opened.needs.map(importModule))
      .then(() => startRequest(message, opened.read(), hold))
      .catch((error) => fail(message, hold, undecodable(error)));
  } catch (error) {
    fail(message, hold, undecodable(error));
  }
}

function slotForCall({ process, id }: Message): Slot {
  const slot = slotOf(process.pid, id);
  changeHold(process.pid, id, process.pid, 1);
  return slot;
}
