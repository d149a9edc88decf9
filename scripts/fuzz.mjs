// Coverage-guided fuzzing of what reads the bytes of others: test/fuzz/*.ts, a target each.
//
//   npm run fuzz -- --seconds 60                every target for 60 s
//   npm run fuzz -- codec --seconds 3600        only that one
//   npm run fuzz -- codec --input FILE          what was found, once more
//
// A target is bundled with the sources that it tests, with a counter in each branch (fuzz/counters.mjs). Inputs are changed at random
// (fuzz/mutate.mjs); those that reach a branch, or a branch more often than before, are kept and changed further (fuzz/loop.mjs). A target throws for
// what must not be; an input that takes a second, or much memory, or ends the process, is a failure too. What was kept is taken up again by the next run: it lies
// in $TJL_FUZZ_FOLDER, else $XDG_CACHE_HOME/tjulia/fuzz, else ~/.cache/tjulia/fuzz.
import { fork } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { notPositive, readArguments } from "./command-line.mjs";
import { withCounters } from "./fuzz/counters.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const kept =
  process.env.TJL_FUZZ_FOLDER ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tjulia/fuzz");
/** An input that takes longer than this hangs. */
const HANGS_MS = 60_000;
const LONGEST_BYTES = 4096;

const targets = readdirSync(join(root, "test/fuzz")).map((file) => basename(file, ".ts"));
const { values, positionals } = readArguments(
  `npm run fuzz -- [${targets.join("|")}]… [--seconds n] [--seed n] [--input file]`,
  {
    allowPositionals: true,
    options: { seconds: { type: "string", default: "60" }, seed: { type: "string" }, input: { type: "string" } },
  },
  ({ values, positionals }) => {
    const unknown = positionals.find((name) => !targets.includes(name));
    return unknown === undefined ? notPositive("seconds", values.seconds) : `there is no target "${unknown}"`;
  },
);

/** Where dist/ lies too: the sources look for package.json from there. */
const bundles = join(root, `dist.fuzz-${process.pid}.tmp`);
mkdirSync(bundles);
let found = 0;
const told = new Set();
try {
  for (const target of positionals.length > 0 ? positionals : targets) await hunt(target, await bundleOf(target));
} finally {
  rmSync(bundles, { recursive: true, force: true });
}
process.exitCode = found > 0 ? 1 : 0;

async function bundleOf(target) {
  const bundle = await rolldown({ input: join(root, "test/fuzz", `${target}.ts`), platform: "node", logLevel: "warn" });
  const { output } = await bundle.generate({ format: "cjs", codeSplitting: false });
  await bundle.close();
  const { code, ...about } = withCounters(output[0].code);
  const file = join(bundles, `${target}.cjs`);
  writeFileSync(file, code);
  writeFileSync(`${file}.json`, JSON.stringify(about));
  return file;
}

/** Runs the target until the time is up, in a new process when one did not survive an input. */
async function hunt(target, bundle) {
  const folder = join(kept, target);
  mkdirSync(folder, { recursive: true });
  const end = Date.now() + Number(values.seconds) * 1000;
  const seed = Number(values.seed ?? Date.now() % 2 ** 31);
  const total = { executions: 0, branches: 0, of: 0, inputs: 0, slowestMs: 0 };
  for (let round = 0; Date.now() < end; round++) {
    const before = total.executions;
    await huntOnce(bundle, folder, seed + round, end, (news) => {
      if (news.failure) return tell(target, news.failure, news.file);
      Object.assign(total, news, { executions: before + news.executions });
    });
    if (values.input) return;
  }
  const { executions, branches, of, inputs, slowestMs } = total;
  console.log(
    `${target}: ${executions} executions, ${branches} of ${of} branches, ${inputs} inputs kept, the slowest ${slowestMs.toFixed(0)} ms, seed ${seed}`,
  );
}

/** What is the same in kind and place is told once. */
function tell(target, failure, file) {
  const key = failure.replace(/\d+/g, "").split("\n").slice(0, 3).join("\n");
  if (told.has(key)) return;
  told.add(key);
  found += 1;
  console.log(`${target}: ${failure}\n  npm run fuzz -- ${target} --input ${file}\n`);
}

function huntOnce(bundle, folder, seed, end, heard) {
  const words = [bundle, folder, LONGEST_BYTES, seed, end, ...(values.input ? [values.input] : [])].map(String);
  const execArgv = ["--expose-gc", "--max-old-space-size=1024"];
  const child = fork(join(root, "scripts/fuzz/loop.mjs"), words, {
    execArgv,
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let lastWords = "";
  child.stderr.on("data", (text) => (lastWords = (lastWords + text).slice(-4000)));
  let hasRun = false;
  let hung;
  const watch = () => {
    clearTimeout(hung);
    hung = setTimeout(() => child.kill("SIGKILL"), HANGS_MS);
  };
  watch();
  child.on("message", (news) => {
    watch();
    hasRun = true;
    heard(news);
  });
  return new Promise((resolve) => {
    child.on("exit", (code, signal) => {
      clearTimeout(hung);
      if (code !== 0 && !hasRun)
        throw new Error(`the target cannot be run (${signal ?? `status ${code}`}): ${lastWords}`);
      if (code !== 0) {
        const bytes = readFileSync(join(folder, "current"));
        const file = join(folder, `failure-${Date.now()}`);
        writeFileSync(file, bytes.subarray(4, 4 + bytes.readUInt32LE()));
        const how = signal === "SIGKILL" ? "did not end in time" : `ended the process (${signal ?? `status ${code}`})`;
        heard({ failure: `${how}\n${lastWords}`, file });
      }
      resolve();
    });
  });
}
