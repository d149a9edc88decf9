// Long runs: calls, references, channels, maps and nested calls at random while workers are added, killed and removed. Every result is
// checked, and at the end nothing may be left: no slot, no handle, no file descriptor, no growth of memory.
//
//   npm run soak -- --minutes 5 --seed 1
//
// The same seed gives the same plan, so that a failure can be run again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { notPositive, notWhole, readArguments } from "./command-line.mjs";
import { generator } from "./random.mjs";

if (!globalThis.gc) {
  const flags = ["--expose-gc", fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, flags, { stdio: "inherit" }).status ?? 1);
}

const { values } = readArguments(
  "npm run soak -- [--minutes n] [--seed n]",
  { options: { minutes: { type: "string", default: "1" }, seed: { type: "string", default: "1" } } },
  ({ values }) => notPositive("minutes", values.minutes) ?? notWhole("seed", values.seed),
);
const minutes = Number(values.minutes);
const seed = Number(values.seed);

const tjl = await import("../dist/index.js");
const { addprocs, clusterReport, interrupt, pmap, procs, remotecall, remotecallFetch, remotecallWait, rmprocs } = tjl;
// With the first stream of a process libuv opens /dev/null once, to have a file descriptor to give up when there are no more.
await new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => server.close(resolve));
});
const fdsAtStart = openFiles().length;
const counts = {};
const died = new Set();
const MAX_WORKERS = 5;

const exeflags = ["--expose-gc"];
await addprocs(3, { exeflags });
const deadline = Date.now() + minutes * 60_000;
let warm;
const actors = [calls, references, shared, nested, maps, chaos];
await Promise.all(actors.map((actor) => act(actor, generator(seed * 1000 + actors.indexOf(actor)))));

const [before, after] = [warm ?? (await settledMemory()), await settledMemory()];
await quiet();
await rmprocs(...procs().filter((pid) => pid !== 1));
await until(
  () => `file descriptors as at the start, ${fdsAtStart}: ${openFiles().join(", ")}`,
  () => openFiles().length <= fdsAtStart,
);
const grown = (after - before) / 2 ** 20;
assert.ok(grown < 24, `the heap grew by ${grown.toFixed(1)} MiB`);
console.log(
  `seed ${seed}, ${minutes} min: ${JSON.stringify(counts)}; workers that died: ${died.size}; heap ${grown.toFixed(1)} MiB`,
);

/** Runs one actor until the time is up; errors that a worker's death explains are part of the plan. */
async function act(actor, random) {
  while (Date.now() < deadline) {
    try {
      await actor(random);
      counts[actor.name] = (counts[actor.name] ?? 0) + 1;
    } catch (error) {
      if (!expected(error)) throw error;
      counts.failedByDeath = (counts.failedByDeath ?? 0) + 1;
    }
    if (!warm && Date.now() > deadline - minutes * 30_000) warm = await settledMemory();
  }
}

function expected(error) {
  if (error instanceof AggregateError) return error.errors.every(expected);
  if (error?.name === "ProcessExitedError" || error?.name === "InterruptError") return true;
  if (error?.name === "RemoteError") return expected(error.cause);
  return /no process with id|No active worker/.test(error?.message ?? "");
}

function someone(random) {
  const there = procs().filter((pid) => pid !== 1);
  return there[Math.floor(random() * there.length)] ?? 1;
}

async function calls(random) {
  const pid = someone(random);
  const numbers = Array.from({ length: 200 }, () => Math.floor(random() * 1e6));
  const answers = await Promise.all(numbers.map((n) => remotecallFetch(pid, (n) => n * 2 + 1, n)));
  assert.deepEqual(
    answers,
    numbers.map((n) => n * 2 + 1),
  );
  const size = Math.floor(random() * 200_000);
  const array = new Float64Array(size).fill(random());
  const sum = await remotecallFetch(someone(random), (a) => a.reduce((x, y) => x + y, 0), array);
  assert.equal(
    sum,
    array.reduce((x, y) => x + y, 0),
  );
}

async function references(random) {
  const refs = Array.from({ length: 50 }, (_, i) => remotecall(someone(random), (i) => ({ i, list: [i, i] }), i));
  const values = await Promise.all(refs.map((ref) => ref.fetch()));
  assert.deepEqual(
    values.map((value) => value.i),
    refs.map((_, i) => i),
  );
  for (const ref of refs) if (random() < 0.5) ref.free();
}

async function shared(random) {
  const ref = await remotecallWait(someone(random), (x) => x, random());
  const [a, b] = await Promise.all([ref.fetch(), remotecallFetch(someone(random), (ref) => ref.fetch(), ref)]);
  assert.equal(a, b);
  const box = new tjl.RemoteRef(someone(random));
  const taken = remotecallFetch(someone(random), (box) => box.take(), box);
  taken.catch(() => {}); // told below, or by the put
  await box.put({ text: "in the box" });
  assert.deepEqual(await taken, { text: "in the box" });
}

async function nested(random) {
  const path = Array.from({ length: 5 }, () => someone(random));
  const hop = async (path, depth, hop, call) =>
    path.length === 0 ? depth : call(path[0], hop, path.slice(1), depth + 1, hop, call);
  assert.equal(await hop(path, 0, hop, remotecallFetch), 5);
}

async function maps(random) {
  const xs = Array.from({ length: 300 }, () => Math.floor(random() * 1000));
  const ys = await pmap((x) => x * x, xs, { retryDelays: [0.01, 0.05, 0.1, 0.2, 0.5], progress: false });
  assert.deepEqual(
    ys,
    xs.map((x) => x * x),
  );
}

/** Adds, kills, interrupts and removes workers. */
async function chaos(random) {
  await new Promise((resolve) => setTimeout(resolve, 200 + random() * 800));
  const there = procs().filter((pid) => pid !== 1);
  const dice = random();
  if (there.length < 2 || (dice < 0.4 && there.length < MAX_WORKERS)) return void (await addprocs(1, { exeflags }));
  const pid = someone(random);
  if (dice < 0.6) {
    died.add(pid);
    await remotecallFetch(pid, () => process.kill(process.pid, "SIGKILL"));
  } else if (dice < 0.8) {
    died.add(pid);
    await rmprocs(pid);
  } else if (dice < 0.9) {
    await interrupt(pid);
  }
}

/** Everything that was made is dropped on every process. */
async function quiet() {
  const left = () => "no slot and no handle is left";
  await until(left, async () => {
    gc();
    await Promise.all(procs().map((pid) => remotecallFetch(pid, () => void globalThis.gc?.()).catch(() => {})));
    const rows = await clusterReport(2000);
    return rows.every((row) => (row.slots ?? 0) === 0) && (rows[0]?.handles ?? 0) === 0;
  });
}

async function settledMemory() {
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

/** What each file descriptor of this process is. */
function openFiles() {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      return []; // the folder itself, which is closed by now
    }
  });
}

async function until(what, test) {
  const end = Date.now() + 20_000;
  while (!(await test())) {
    if (Date.now() > end) throw new Error(`not reached: ${what()}: ${JSON.stringify(await clusterReport())}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
