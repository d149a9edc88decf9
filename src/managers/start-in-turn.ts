/**
 * Starts many workers of one host a few at a time: processes that all start at once get in each other's way, and in that of the
 * process that is to hear of them, while the last one is ready no sooner.
 */
import type { WorkerConfig } from "../runtime/cluster/cluster-manager.ts";

const AT_LEAST = 8;
/** One that says nothing for so long is no longer waited for; whether it comes is not decided here. */
const PATIENCE_MS = 3000;

/** Runs the `start`s; the next one begins when one before it has said its first word, has ended, or cannot be started. */
export async function startInTurn(
  starts: readonly (() => Promise<WorkerConfig | undefined>)[],
  cores: number,
  signal?: AbortSignal,
): Promise<void> {
  const waiting = [...starts];
  const lane = async () => {
    for (let start = waiting.shift(); start && !signal?.aborted; start = waiting.shift()) {
      const config = await start();
      if (config && waiting.length > 0) await firstWord(config);
    }
  };
  await Promise.all(Array.from({ length: Math.max(AT_LEAST, 2 * cores) }, lane));
}

async function firstWord({ io, exited }: WorkerConfig): Promise<void> {
  // By now somebody else reads, so that listening takes nothing away from them.
  await new Promise(setImmediate);
  if (!io || io.readableDidRead) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    const done = () => {
      clearTimeout(timer);
      io.off("data", done);
      resolve();
    };
    io.once("data", done).once("close", done);
    exited?.then(done);
  });
}
