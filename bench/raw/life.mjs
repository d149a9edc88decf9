// Conway's life in bare Node: the serial step of the whole world against two processes that compute half of one each, at the same time and
// without a word between them but "go" and "done". Prints {"value": …}: how many times as fast the two are.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** `from` has a border of one, of which the left and right are filled here. */
export function lifeRule(from, to, m, n) {
  const width = n + 2;
  for (let y = 0; y < m + 2; y++) {
    from[y * width] = from[y * width + n];
    from[y * width + n + 1] = from[y * width + 1];
  }
  for (let y = 0; y < m; y++) {
    for (let x = 0; x < n; x++) {
      const a = y * width + x;
      const b = a + width;
      const c = b + width;
      const sum = from[a] + from[a + 1] + from[a + 2] + from[b] + from[b + 2] + from[c] + from[c + 1] + from[c + 2];
      to[y * n + x] = sum === 3 || (sum === 2 && from[b + 1] === 1) ? 1 : 0;
    }
  }
}

const WARM_UP = 25;

function worldOf(m, n) {
  let cells = new Uint8Array(m * n).map(() => (Math.random() < 0.35 ? 1 : 0));
  const step = () => {
    const old = new Uint8Array((m + 2) * (n + 2));
    for (let y = 0; y < m + 2; y++) {
      const from = ((y - 1 + m) % m) * n;
      old.set(cells.subarray(from, from + n), y * (n + 2) + 1);
    }
    cells = new Uint8Array(m * n);
    lifeRule(old, cells, m, n);
  };
  for (let i = 0; i < WARM_UP; i++) step();
  return step;
}

async function median(rounds, run) {
  const values = [];
  for (let i = 0; i < rounds; i++) values.push(await run());
  return values.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

async function timed(action) {
  const from = performance.now();
  await action();
  return performance.now() - from;
}

async function compare(n) {
  const halves = [fork(fileURLToPath(import.meta.url)), fork(fileURLToPath(import.meta.url))];
  await Promise.all(halves.map((half) => once(half, "message")));
  const serially = worldOf(n, n);
  const together = () =>
    Promise.all(
      halves.map((half) => {
        half.send("go");
        return once(half, "message");
      }),
    );
  const value = await median(
    9,
    async () => (await median(5, () => timed(serially))) / (await median(5, () => timed(together))),
  );
  console.log(JSON.stringify({ value }));
  for (const half of halves) half.disconnect();
}

const isStarted = process.argv[1] === fileURLToPath(import.meta.url);
if (isStarted && process.send) {
  const step = worldOf(1000, 2000);
  process.on("message", () => {
    step();
    process.send("done");
  });
  process.send("ready");
} else if (isStarted) await compare(2000);
