// Ends a master at random moments of its start, its run and its shutdown, in turn by SIGKILL, SIGTERM, SIGHUP and Ctrl-C, and looks for
// what is left: processes, sockets, folders, segments. All must be gone within 20 s.
//
//   node scripts/kill-master.mjs --times 30 --seed 1
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { notWhole, readArguments } from "./command-line.mjs";
import { generator } from "./random.mjs";

const { values } = readArguments(
  "node scripts/kill-master.mjs [--times n] [--seed n]",
  { options: { times: { type: "string", default: "30" }, seed: { type: "string", default: "1" } } },
  ({ values }) => notWhole("times", values.times) ?? notWhole("seed", values.seed),
);
const LONGEST_MS = 20_000;
const signals = ["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"];
const library = new URL("../dist/index.js", import.meta.url).href;
const tjl = fileURLToPath(new URL("../bin/tjl.cjs", import.meta.url));
const random = generator(Number(values.seed));

/** Starts workers, makes a segment, keeps one worker busy for ever, says "up", removes the other one, ends. */
const work = `
  const S = await sharedArray("float64", [1000]);
  remoteDo(workers()[0], () => { for (;;); });
  console.log("up");
  await new Promise((r) => setTimeout(r, 300));
  await rmprocs(workers()[1]);
`;
const ways = {
  "tjl -p 3": [tjl, "-p", "3", "-e", work],
  "a program": [
    "--input-type=module",
    "-e",
    `import * as tjl from "${library}"; Object.assign(globalThis, tjl); await tjl.addprocs(3); ${work}`,
  ],
};

/** How long a whole run takes here: moments are drawn from it. */
const whole = Math.max(...(await Promise.all(Object.keys(ways).map(async (way) => (await run(way)).ms))));
const results = [];
for (let i = 0; i < Number(values.times); i++) {
  const way = Object.keys(ways)[i % 2];
  const signal = signals[(i >> 1) % 4];
  const at = random() * whole * 1.05;
  const { goneMs, left, stage } = await run(way, signal, at);
  results.push({ way, signal, goneMs, left });
  console.log(
    `${way}, ${signal} after ${at.toFixed(0)} ms (${stage}): ${left.length ? `LEFT ${left}` : `clean in ${goneMs} ms`}`,
  );
}
const dirty = results.filter(({ left }) => left.length > 0);
console.log(
  `${results.length - dirty.length} of ${results.length} left nothing; the slowest took ${Math.max(...results.map(({ goneMs }) => goneMs))} ms`,
);
process.exitCode = dirty.length > 0 ? 1 : 0;

/** Runs it, ends it after `at` ms, and waits until nothing is left. */
async function run(way, signal, at) {
  const folder = mkdtempSync(join(tmpdir(), "km-"));
  const mark = `${process.pid}.${Math.floor(random() * 1e9)}`;
  const segments = new Set(readdirSync("/dev/shm"));
  const started = performance.now();
  const child = spawn(process.execPath, ways[way], {
    env: { ...process.env, TMPDIR: folder, TJL_KILL_MARK: mark },
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  let isUp = false;
  child.stdout.on("data", (text) => {
    isUp ||= String(text).includes("up");
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  if (signal) {
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, at))]);
    try {
      process.kill(child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
  const stage = child.exitCode !== null ? "ended" : isUp ? "running" : "starting";
  if (!signal) await ended;
  const ms = performance.now() - started;
  const killed = performance.now();
  let left = leftovers(folder, mark, segments);
  while (left.length > 0 && performance.now() - killed < LONGEST_MS) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    left = leftovers(folder, mark, segments);
  }
  for (const { pid } of marked(mark)) process.kill(pid, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  return { ms, stage, left, goneMs: Math.round(performance.now() - killed) };
}

function leftovers(folder, mark, segments) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => !/^(node-compile-cache|tjulia)/.test(name));
  const shared = readdirSync("/dev/shm").filter((name) => /tjl/.test(name) && !segments.has(name));
  return [...marked(mark).map(({ pid, command }) => `process ${pid} ${command}`), ...files, ...shared];
}

/** The living processes that have the mark in their environment. */
function marked(mark) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/environ`, "latin1").includes(`TJL_KILL_MARK=${mark}\0`)) return [];
        const stat = readFileSync(`/proc/${name}/stat`, "latin1");
        if (/\) [ZX] /.test(stat)) return [];
        return [
          {
            pid: Number(name),
            command: readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ").slice(0, 80),
          },
        ];
      } catch {
        return [];
      }
    });
}
