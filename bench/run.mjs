// npm run bench [-- filter …] [--rounds n]
//
// Each row is a pair of commands: tjulia and its limit, which is the same work in bare Node (bench/raw), or plain Node. The two run in turn, A B A B …, so that
// a machine that slows down slows both; the medians and their ratio are printed, and written to bench/results/ as JSON.
//
// A file in bench/rows exports `rows`. A row:
//   id, name, unit        "call.pinned", "a call, one core", "µs"
//   ours, raw             words of a command; the last line that it prints is {"value": number}, or, with clock: "spawn", the value is
//                         the milliseconds from its start to its first line; clock: "end", to its end
//   better                "lower" or "higher"
//   limit                 what ours/raw may be at most (lower) or at least (higher)
//   difference            instead of limit: what ours - raw may be at most
//   absolute              instead of both: what ours may be at most, or at least
//   cores                 run on so many cores (taskset)
//   rounds                pairs; default 5
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { notPositive, readArguments } from "../scripts/command-line.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const usage = "npm run bench [-- filter …] [--rounds n]";
const { values, positionals } = readArguments(
  usage,
  { allowPositionals: true, options: { rounds: { type: "string" }, help: { type: "boolean", short: "h" } } },
  ({ values }) => (values.rounds === undefined ? undefined : notPositive("rounds", values.rounds)),
);
const rows = await allRows();
const wanted = rows.filter(
  ({ id, name }) => positionals.length === 0 || positionals.some((p) => `${id} ${name}`.includes(p)),
);
if (values.help || wanted.length === 0) {
  console.log(`usage: ${usage}\n\n${rows.map(({ id, name }) => `  ${id.padEnd(24)} ${name}`).join("\n")}`);
  process.exit(values.help ? 0 : 2);
}

console.log(
  `Node ${process.versions.node}, ${process.platform}-${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim()}\n`,
);
const width = Math.max(...wanted.map(({ name }) => name.length));
console.log(`${"".padEnd(width)}        tjulia          raw     ratio   wanted`);
const results = [];
for (const row of wanted) results.push(await measure(row));

mkdirSync(`${here}results`, { recursive: true });
const file = `${here}results/${new Date().toISOString().replace(/[:.]/g, "-")}.json`;
writeFileSync(file, `${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, results }, null, 2)}\n`);
const missed = results.filter(({ isMet }) => !isMet);
console.log(
  `\n${results.length - missed.length} of ${results.length} as wanted; all figures in ${file.slice(here.length - 6)}`,
);

async function allRows() {
  const files = readdirSync(`${here}rows`)
    .filter((name) => name.endsWith(".mjs"))
    .sort();
  return (await Promise.all(files.map((name) => import(`./rows/${name}`)))).flatMap(({ rows }) => rows);
}

async function measure(row) {
  const rounds = Number(values.rounds ?? row.rounds ?? 5);
  const ours = [];
  const raw = [];
  for (let i = 0; i < rounds; i++) {
    ours.push(await run(row.ours, row));
    if (row.raw) raw.push(await run(row.raw, row));
  }
  const result = judge(row, median(ours), raw.length > 0 ? median(raw) : undefined);
  const shown = (value) => (value === undefined ? "" : `${figure(value)} ${row.unit}`).padStart(12);
  const ratio = result.ratio === undefined ? "" : result.ratio.toFixed(2);
  console.log(
    `${row.name.padEnd(width)}  ${shown(result.ours)} ${shown(result.raw)}  ${ratio.padStart(8)}   ${result.wanted}${result.isMet ? "" : "  ✗"}`,
  );
  return { ...result, all: { ours, raw } };
}

function judge(row, ours, raw) {
  const { id, name, unit, better = "lower" } = row;
  const ratio = raw === undefined ? undefined : ours / raw;
  const [value, bound, text] =
    row.absolute !== undefined
      ? [ours, row.absolute, `${row.absolute} ${unit}`]
      : row.difference !== undefined
        ? [ours - raw, row.difference, `raw + ${row.difference} ${unit}`]
        : [ratio, row.limit, `${row.limit}`];
  const isMet = better === "lower" ? value <= bound : value >= bound;
  return { id, name, unit, ours, raw, ratio, wanted: `${better === "lower" ? "≤" : "≥"} ${text}`, isMet };
}

/** Runs a command once and gives its value. */
function run([command, ...words], { clock, cores }) {
  const pinned = cores
    ? ["taskset", "-c", Array.from({ length: cores }, (_, i) => i).join(","), command, ...words]
    : [command, ...words];
  const env = { ...process.env };
  delete env.NODE_EXTRA_CA_CERTS; // it triples the start of Node 20
  return new Promise((resolve, reject) => {
    const from = performance.now();
    const child = spawn(pinned[0], pinned.slice(1), {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    let firstLine;
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      firstLine ??= performance.now() - from;
      text += chunk;
    });
    child.on("error", reject);
    child.on("close", (status) => {
      if (status !== 0) return reject(new Error(`status ${status} from ${pinned.join(" ")}`));
      if (clock === "end") return resolve(performance.now() - from);
      if (clock === "spawn") return resolve(firstLine);
      resolve(JSON.parse(text.trim().split("\n").at(-1)).value);
    });
  });
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function figure(value) {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
