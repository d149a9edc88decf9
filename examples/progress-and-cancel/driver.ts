// A long map that tells how far it is, and that is stopped in the middle: on the workers too, in the midst of their loops.
import { InterruptError, interrupt, nworkers, pmap, range, remotecallFetch, workers } from "tjulia";

const stop = new AbortController();

/** Busy for about a twentieth of a second. */
function work(n: number): number {
  const end = performance.now() + 50;
  while (performance.now() < end);
  return n;
}

let last = 0;
try {
  await pmap(work, range(1_000), {
    batchSize: 1,
    signal: stop.signal,
    // Without this function a bar appears on a terminal after two seconds.
    progress: ({ done, total }) => {
      for (; last + 10 <= done; last += 10) console.log(`${last + 10} of ${total}`);
      if (done >= 30) stop.abort(new Error("that was enough"));
    },
  });
} catch (error) {
  if (!(error instanceof InterruptError)) throw error;
  console.log(`stopped: ${(error.cause as Error).message}`);
}

// An endless loop is stopped as well; its worker keeps its state.
const [first = 1] = workers();
await remotecallFetch(first, () => {
  (globalThis as { kept?: string }).kept = "still here";
});
const endless = remotecallFetch(first, () => {
  for (;;);
});
setTimeout(() => interrupt(first), 200);
console.log(await endless.catch((error: Error) => error.name));
console.log(await remotecallFetch(first, () => (globalThis as { kept?: string }).kept), `${nworkers()} workers`);
