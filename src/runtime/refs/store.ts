/**
 * The slots that this process owns, and who holds handles of each. A slot lives as long as any process holds a handle:
 * the holders are counted by process, so that a process's death drops all of its holds at once, and so that it does not
 * matter in which order the news of a hold and of its release arrive over different connections.
 */
import { UsageError } from "../../errors.ts";
import { self } from "../wire/identity.ts";
import { Slot } from "./slot.ts";

const slots = new Map<string, Slot>();

/** Keys of slots that were freed, newest last: a request for one of them is refused instead of waiting for ever. */
const freed = new Set<string>();
const FREED_KEPT = 20_000;

const dead = new Set<number>();

export function slotKey(whence: number, id: number): string {
  return `${whence}:${id}`;
}

/** The slot, made when it is not there yet: a request can overtake the call that fills it. */
export function slotOf(whence: number, id: number): Slot {
  const key = slotKey(whence, id);
  let slot = slots.get(key);
  if (!slot) {
    if (freed.has(key)) throw freedError(whence, id);
    slot = new Slot();
    slots.set(key, slot);
  }
  return slot;
}

/** The slot when there is one; for looking, not for waiting. */
export function findSlot(whence: number, id: number): Slot | undefined {
  return slots.get(slotKey(whence, id));
}

/** `holder` gains or drops handles of the slot; the value is freed when nobody holds any. */
export function changeHold(whence: number, id: number, holder: number, change: number): void {
  const key = slotKey(whence, id);
  if (dead.has(holder) || freed.has(key)) return;
  const slot = slotOf(whence, id);
  const count = (slot.holders.get(holder) ?? 0) + change;
  if (count === 0) slot.holders.delete(holder);
  else slot.holders.set(holder, count);
  if (slot.holders.size === 0) freeSlot(key, slot, whence, id);
}

/** A process has ended: it holds nothing any more. */
export function dropHolder(pid: number): void {
  dead.add(pid);
  for (const [key, slot] of slots) {
    if (!slot.holders.delete(pid) || slot.holders.size > 0) continue;
    const [whence, id] = key.split(":").map(Number) as [number, number];
    freeSlot(key, slot, whence, id);
  }
}

/** How many slots this process keeps; an idle cluster keeps none. */
export function slotCount(): number {
  return slots.size;
}

/** All slots, for status and leak checks. */
export function eachSlot(): Iterable<[key: string, slot: Slot]> {
  return slots;
}

function freeSlot(key: string, slot: Slot, whence: number, id: number): void {
  slots.delete(key);
  freed.add(key);
  if (freed.size > FREED_KEPT) freed.delete(freed.values().next().value as string);
  slot.free(() => freedError(whence, id));
}

export function freedError(whence: number, id: number, where = self.pid): UsageError {
  return new UsageError(`RemoteRef(${where},${whence},${id}) has been freed: its value is not kept any more`);
}
