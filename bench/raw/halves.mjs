// Work that is cut in two, in bare Node: the plain loop against two processes that go through half of the elements each, at the same time and
// without a word between them but "go" and "done": `node halves.mjs <µs> <elements>`. Prints {"value": …}: the share of the two processes' time
// that was work.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const now = () => performance.now();

/**
 * A function that computes in `rounds` steps. Each waits for the one before: the processor then takes the same time for whatever code V8 makes of
 * the loop, which differs by a fifth between processes where the steps overlap.
 */
export function workOf(rounds) {
  return (x) => {
    let sum = 0;
    for (let i = 0; i < rounds; i++) sum = Math.sqrt(sum + i + x);
    return sum;
  };
}

/** How many steps take about `us` microseconds on this machine, now. */
export function roundsOf(us) {
  const trial = workOf(20_000);
  serially(trial, 300);
  return Math.round((20_000 * us) / 1000 / (serially(trial, 300) / 300));
}

/** ms that the loop takes. */
export function serially(f, count) {
  const from = now();
  for (let i = 0; i < count; i++) f(i);
  return now() - from;
}

/** Half the time of the plain loop, over the time of the parallel way `run`: the middle of 9 times, after two that warm both up. */
export async function efficiency(f, count, run) {
  const shares = [];
  for (let round = 0; round < 11; round++) {
    serially(f, 100);
    const alone = serially(f, count);
    const from = now();
    await run();
    if (round >= 2) shares.push(alone / 2 / (now() - from));
  }
  return shares.sort((a, b) => a - b)[4];
}

async function compare(us, count) {
  const rounds = roundsOf(us);
  const halves = [1, 2].map(() => fork(fileURLToPath(import.meta.url), [String(rounds), String(count / 2)]));
  await Promise.all(halves.map((half) => once(half, "message")));
  const together = () =>
    Promise.all(
      halves.map((half) => {
        half.send("go");
        return once(half, "message");
      }),
    );
  console.log(JSON.stringify({ value: await efficiency(workOf(rounds), count, together) }));
  for (const half of halves) half.disconnect();
}

const isStarted = process.argv[1] === fileURLToPath(import.meta.url);
const [first, second] = process.argv.slice(2).map(Number);
if (isStarted && process.send) {
  const f = workOf(first);
  serially(f, 100);
  process.on("message", () => {
    serially(f, second);
    process.send("done");
  });
  process.send("ready");
} else if (isStarted) await compare(first, second);
