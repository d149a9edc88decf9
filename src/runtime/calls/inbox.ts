/**
 * Messages of other processes on their way in. Those of one sender are acted on in the order sent. A request that needs a module which
 * is still being imported holds up what is behind it, the news of who holds a reference too, but no answers: a module may itself wait
 * for a call while it loads. Nor does it hold up the cluster's own messages. Who waits here can be stopped, as who runs can.
 */
import { importModule } from "../closures/modules.ts";
import type { Slot } from "../refs/slot.ts";
import { changeHold, slotOf } from "../refs/store.ts";
import { type Body, copyBody } from "../wire/body.ts";
import { openBody } from "../wire/codec.ts";
import { Kind } from "../wire/messages.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";
import { fail, interrupted, type Message, startRequest, undecodable } from "./run-request.ts";
import { addRunning, removeRunning } from "./running.ts";

/** Senders of whom a request waits for a module, and what is behind it. */
const lines = new Map<RemoteProcess, (() => void | Promise<void>)[]>();

/** Acts on a message now, or when it is its turn. `body` is valid only now; a message that has to wait keeps a copy. */
export function inTurn(process: RemoteProcess, body: Body, act: (body: Body) => void | Promise<void>): void {
  const line = lines.get(process);
  if (!line) return holdUp(process, act(body));
  const kept = copyBody(body);
  line.push(() => act(kept));
}

/** Takes a request in. */
export function serveRequest(message: Message, body: Body, segments: readonly Uint8Array[]): void {
  const { process } = message;
  if (message.kind === Kind.CLUSTER) return void open(message, body, segments);
  const line = lines.get(process);
  if (!line) return holdUp(process, open(message, body, segments));
  const kept = copyBody(body);
  const hold = holdFor(message);
  waits(message, hold);
  line.push(() => open(message, kept, segments, hold));
}

function holdUp(process: RemoteProcess, waiting: void | Promise<void>): void {
  if (!waiting) return;
  lines.set(process, []);
  waiting.then(() => serveLine(process));
}

async function serveLine(process: RemoteProcess): Promise<void> {
  const line = lines.get(process) ?? [];
  for (let next = line.shift(); next; next = line.shift()) await next();
  lines.delete(process);
}

/** Decodes and starts a request. Gives a promise, which never rejects, when it has to wait before it can start. */
function open(
  message: Message,
  body: Body,
  segments: readonly Uint8Array[],
  hold: Slot | undefined = undefined,
): void | Promise<void> {
  try {
    hold ??= holdFor(message);
    const opened = openBody(message.flags, body, segments, message.process);
    if (opened.needs.length === 0) return start(message, opened.read(), hold);
    const imported = Promise.all(opened.needs.map(importModule));
    return unlessStopped(
      message,
      hold,
      imported.then(() => start(message, opened.read(), hold)),
    );
  } catch (error) {
    fail(message, hold, undecodable(error));
  }
}

/** One that was stopped while it waited has been decoded only for the references in it, whose senders have counted them. */
function start(message: Message, body: unknown, hold: Slot | undefined): void | Promise<void> {
  if (message.isStopped) return;
  if (message.isWaiting) removeRunning(message.process, message.id);
  const waiting = startRequest(message, body, hold);
  return waiting && unlessStopped(message, hold, waiting);
}

/** Resolves with the work, and sooner when the request is stopped: then it holds up nobody any more. */
function unlessStopped(message: Message, hold: Slot | undefined, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    waits(message, hold, resolve);
    work
      .catch((error) => {
        if (!message.isStopped) fail(message, hold, undecodable(error));
      })
      .then(resolve);
  });
}

/** While it waits it is among what runs here. */
function waits(message: Message, hold: Slot | undefined, stopped: () => void = () => {}): void {
  const { process, id } = message;
  message.isWaiting = true;
  if (id === 0) return;
  const stop = (reason: unknown) => {
    message.isStopped = true;
    removeRunning(process, id);
    fail(message, hold, interrupted(reason));
    stopped();
  };
  addRunning({ process, id, name: "import", place: undefined, since: Date.now(), stop });
}

/** The slot of a call whose value stays here. */
function holdFor({ kind, process, id }: Message): Slot | undefined {
  if (kind !== Kind.CALL_REF && kind !== Kind.CALL_WAIT) return undefined;
  const slot = slotOf(process.pid, id);
  changeHold(process.pid, id, process.pid, 1);
  return slot;
}
