// The process in which a target runs: changes inputs, keeps those that reach what none has reached, tells fuzz.mjs of those that fail.
import { createHash } from "node:crypto";
import { mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { generator } from "../random.mjs";
import { mutate, wordsAsBytes } from "./mutate.mjs";

const [bundle, folder, longest, seed, end, onlyInput] = process.argv.slice(2);
const { count, words } = JSON.parse(readFileSync(`${bundle}.json`, "utf8"));
const hits = new Uint8Array(count);
globalThis.$hits = hits;
const { fuzz, mutate: ownMutate, seeds } = createRequire(import.meta.url)(bundle);

/** An input that takes more time of a processor, or more memory, than this has found something. */
const SLOW_MS = 1000;
const LARGE_BYTES = 1.5 * 2 ** 30;
/** Which of these sizes a count has reached is what counts of it. */
const SIZES = [1, 2, 3, 4, 8, 16, 32, 128];
const sizeOf = Uint8Array.from({ length: 256 }, (_, n) =>
  n === 0 ? 0 : 1 << SIZES.findLastIndex((size) => size <= n),
);

const reached = new Uint8Array(count);
let branches = 0;
let executions = 0;
let slowestMs = 0;
const inputs = [];
const failures = new Set();
const random = generator(Number(seed));
/** Where fuzz.mjs finds the input that this process did not survive. */
const current = openSync(join(folder, "current"), "w");

process.on("uncaughtException", (error) => failed(latest, error));
let latest = Buffer.alloc(0);
let told = performance.now();

if (onlyInput) await run(readFileSync(onlyInput));
else await hunt();
tell();
process.disconnect?.();

async function hunt() {
  mkdirSync(join(folder, "inputs"), { recursive: true });
  for (const input of seeds()) await tryOut(input);
  for (const name of readdirSync(join(folder, "inputs")))
    await tryOut(readFileSync(join(folder, "inputs", name)), name);
  const settings = { random, words: wordsAsBytes(words), longest: Number(longest) };
  while (process.connected && Date.now() < Number(end)) {
    // Half of the time one of the newest: it has led further than the others.
    const newest = random() < 0.5 ? Math.max(0, inputs.length - 20) : 0;
    const input = inputs[newest + Math.floor(random() * (inputs.length - newest))];
    const own = random() < 0.5 ? ownMutate?.(input, inputs, random) : undefined;
    await tryOut(own ?? mutate(input, { ...settings, others: inputs }));
  }
}

function tell() {
  process.send?.({ executions, branches, of: count, inputs: inputs.length, slowestMs });
}

async function tryOut(input, name) {
  await run(input);
  if (isNew()) {
    inputs.push(input);
    if (name === undefined) writeFileSync(join(folder, "inputs", nameOf(input)), input);
  }
  if (performance.now() - told < 500) return;
  told = performance.now();
  tell();
  await new Promise((resolve) => setImmediate(resolve));
}

async function run(input) {
  latest = input;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(input.length);
  writeSync(current, Buffer.concat([length, input]), 0, input.length + 4, 0);
  hits.fill(0);
  executions += 1;
  const started = process.cpuUsage();
  try {
    const result = fuzz(input);
    if (result) await result;
  } catch (error) {
    failed(input, error);
  }
  const { user, system } = process.cpuUsage(started);
  const ms = (user + system) / 1000;
  if (ms > slowestMs) {
    slowestMs = ms;
    writeFileSync(join(folder, "slowest"), input);
  }
  if (ms > SLOW_MS) failed(input, new Error(`took longer than ${SLOW_MS} ms`));
  if ((ms > 20 || executions % 4096 === 0) && process.memoryUsage.rss() > LARGE_BYTES) {
    gc();
    if (process.memoryUsage.rss() > LARGE_BYTES) failed(input, new Error("memory is full"));
  }
}

function isNew() {
  let found = false;
  for (let i = 0; i < count; i++) {
    if (hits[i] === 0) continue;
    const size = sizeOf[hits[i]];
    if (reached[i] & size) continue;
    if (reached[i] === 0) branches += 1;
    reached[i] |= size;
    found = true;
  }
  return found;
}

function failed(input, error) {
  const text = String(error?.stack ?? error);
  if (failures.has(text) || failures.size > 50) return;
  failures.add(text);
  const file = join(folder, `failure-${nameOf(input)}`);
  writeFileSync(file, input);
  process.send?.({ failure: text, file });
}

function nameOf(input) {
  return createHash("sha1").update(input).digest("hex").slice(0, 16);
}
