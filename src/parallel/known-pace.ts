/** What an element took in the last map with a function, so that its next map need not find out: batches are whole from the first, in no guard where they are short. */
import type { MapFunction } from "./job.ts";

const msPerElementOf = new WeakMap<MapFunction, number>();

export function knownPace(f: MapFunction): number | undefined {
  return msPerElementOf.get(f);
}

export function notePace(f: MapFunction, msPerElement: number): void {
  msPerElementOf.set(f, msPerElement);
}
