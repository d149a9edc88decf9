/**
 * Tells owners who holds their slots: gathers changes by owner and sends them in one message, before the next message to that owner
 * or at the end of the tick. Owner counts by process, so the order between connections does not matter; on one connection an add
 * goes out before a release because both pass through here.
 */
import { encodeValue } from "../wire/codec.ts";
import { self } from "../wire/identity.ts";
import { type HoldChange, Kind } from "../wire/messages.ts";
import { processes } from "../wire/remote-process.ts";
import { changeHold } from "./store.ts";

const gathered = new Map<number, HoldChange[]>();
let scheduled = false;

/** `holder` gained or dropped handles of slot (whence, id), which `owner` keeps. */
export function tellOwner(owner: number, whence: number, id: number, holder: number, change: number): void {
  if (owner === self.pid) return changeHold(whence, id, holder, change);
  const process = processes.get(owner);
  if (!process || process.isGone) return;
  const changes = gathered.get(owner);
  if (changes) {
    changes.push([whence, id, holder, change]);
    return;
  }
  gathered.set(owner, [[whence, id, holder, change]]);
  process.beforeSend = () => flushTo(owner);
  if (scheduled) return;
  scheduled = true;
  setImmediate(flushAll).unref();
}

function flushTo(owner: number): void {
  const changes = gathered.get(owner);
  const process = processes.get(owner);
  gathered.delete(owner);
  if (!process || !changes) return;
  process.beforeSend = undefined;
  process.post(Kind.HOLD, 0, encodeValue(changes, process));
}

function flushAll(): void {
  scheduled = false;
  for (const owner of [...gathered.keys()]) flushTo(owner);
}

/** The owner's side: another process tells of its changes. */
export function serveHolds(changes: unknown): void {
  for (const [whence, id, holder, change] of changes as HoldChange[]) changeHold(whence, id, holder, change);
}
