/**
 * The handles of this process: one RemoteRef object for each (whence, id), so that a reference that comes back is the same
 * object. When a handle is dropped or freed, its owner is told how often it had been received.
 */
import { self } from "../wire/identity.ts";
import { tellOwner } from "./holds.ts";
import { slotKey } from "./store.ts";

/** What is left to do when a handle is gone. Must not refer to the handle itself. */
export interface Held {
  readonly where: number;
  readonly whence: number;
  readonly id: number;
  /** How many times the owner has counted this process. */
  count: number;
  freed: boolean;
}

const handles = new Map<string, WeakRef<object>>();

const dropped = new FinalizationRegistry<Held>((held) => {
  const key = slotKey(held.whence, held.id);
  if (handles.get(key)?.deref() === undefined) handles.delete(key);
  release(held);
});

/** Counts a new handle object of this process and remembers it. The owner has been told, or is told by the caller. */
export function adopt(handle: object, where: number, whence: number, id: number): Held {
  const held: Held = { where, whence, id, count: 1, freed: false };
  handles.set(slotKey(whence, id), new WeakRef(handle));
  dropped.register(handle, held, held);
  return held;
}

/** The live handle of that slot, if this process has one. */
export function findHandle(whence: number, id: number): object | undefined {
  return handles.get(slotKey(whence, id))?.deref();
}

/** Gives the handle up now. Doing it twice is harmless. */
export function freeHandle(held: Held): void {
  if (held.freed) return;
  dropped.unregister(held);
  handles.delete(slotKey(held.whence, held.id));
  release(held);
}

function release(held: Held): void {
  held.freed = true;
  tellOwner(held.where, held.whence, held.id, self.pid, -held.count);
}

/** How many handles this process has that were not dropped yet; for leak checks. */
export function handleCount(): number {
  return handles.size;
}
