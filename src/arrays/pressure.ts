/**
 * Gives the memory of distributed arrays back in time. The engine sees a handle of some hundred bytes and is in no hurry to collect
 * it; the pieces that it keeps alive on other processes may be gigabytes. So they are counted here, and when much more is held
 * than after the last look, a collection is asked for: what is still in use stays, the rest is released. Where pieces are closed, young
 * objects are looked at, while the process has nothing to do.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Less than this is not worth a collection, which takes some milliseconds. */
const LEAST_BYTES = 256 * 2 ** 20;
const GROWTH = 2;
/**
 * After so much a look at the young objects pays: it takes half a millisecond, and finds what is closed soon after it was made. Without, the
 * engine looks at all objects whenever arrays have taken some megabytes, in the middle of what runs then and with threads beside it.
 */
const YOUNG_BYTES = 2 ** 20;
/** At most this part of the time goes into it. */
const YOUNG_SHARE = 0.05;

interface Load {
  bytes: number;
}

let heldBytes = 0;
let limitBytes = LEAST_BYTES;
let planned = false;

const dropped = new FinalizationRegistry<Load>((load) => {
  heldBytes -= load.bytes;
  load.bytes = 0;
});

/** Counts what `handle` keeps on other processes. Gives a function for the case that it is freed before it is dropped. */
export function weigh(handle: object, bytes: number): () => void {
  const load: Load = { bytes };
  dropped.register(handle, load, load);
  heldBytes += bytes;
  if (heldBytes > limitBytes) planCollection();
  return () => {
    dropped.unregister(load);
    heldBytes -= load.bytes;
    load.bytes = 0;
  };
}

let freedBytes = 0;
let youngBytes = 0;
let isYoungPlanned = false;
let youngAgainAt = 0;

/** So much of this process's own has just been closed. It is given back at a collection, which nothing else may ask for soon. */
export function noteFreed(bytes: number): void {
  freedBytes += bytes;
  youngBytes += bytes;
  if (freedBytes >= LEAST_BYTES) planCollection();
  else if (youngBytes >= YOUNG_BYTES && !isYoungPlanned && performance.now() >= youngAgainAt) {
    isYoungPlanned = true;
    setImmediate(collectYoung);
  }
}

function planCollection(): void {
  if (planned) return;
  planned = true;
  setImmediate(collect);
}

let gc: ((options?: { type: "minor" }) => void) | undefined;

/** Once answers that wait have gone out, and before anything new is asked for. */
function collectYoung(): void {
  gc ??= collector();
  const started = performance.now();
  gc({ type: "minor" });
  const ended = performance.now();
  youngAgainAt = ended + (ended - started) / YOUNG_SHARE;
  youngBytes = 0;
  isYoungPlanned = false;
}

function collect(): void {
  gc ??= collector();
  freedBytes = 0;
  youngBytes = 0;
  gc();
  // The registry tells of what was dropped in a task of its own.
  setTimeout(() => {
    limitBytes = Math.max(LEAST_BYTES, GROWTH * heldBytes);
    planned = false;
  }, 20).unref();
}

function collector(): typeof gc & {} {
  setFlagsFromString("--expose-gc");
  const found = runInNewContext("gc") as typeof gc & {};
  setFlagsFromString("--no-expose-gc");
  return found;
}
