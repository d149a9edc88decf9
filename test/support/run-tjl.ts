/**
 * Runs the built tjl as users do, in a process of its own, and fails when it leaves anything behind. `runTjl` waits for the end;
 * `startTjl` gives a handle for tests that type, signal or kill.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type LeakWatch, watchLeaks } from "./leaks.ts";
import { signal } from "./processes.ts";
import { waitFor } from "./wait-for.ts";

/** The folder of the repository. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The program under test; the matrix and the tarball test point it elsewhere. */
export const tjlPath: string = process.env.TJL_TEST_BIN ?? `${root}/bin/tjl.cjs`;

export interface RunOptions {
  /** Written to standard input, which then ends. Without it standard input is empty. */
  input?: string;
  /** Added to a clean environment; undefined removes a name. */
  env?: Record<string, string | undefined>;
  /** Default: the folder of the repository. */
  cwd?: string;
  /** Everything is killed after this time and the test fails. Default 30 seconds. */
  timeoutMs?: number;
  /** The Node that runs it. Default: the one that runs the tests. */
  node?: string;
  /** Flags for that Node. */
  nodeFlags?: string[];
  /** Run this file instead of tjl, with the same care: for tests of library use. */
  program?: string;
  /** How long processes and files may outlive it. Default 5 seconds; "skip" when the test itself looks after them. */
  leftoversMs?: number | "skip";
}

export interface RunResult {
  /** The exit status; null when a signal ended it. */
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  ms: number;
}

export interface RunningTjl {
  pid: number;
  child: ChildProcess;
  /** What it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Waits until the pattern stands in stdout (or in stderr) and gives the match. */
  printed(pattern: RegExp, from?: "stdout" | "stderr", timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Writes to its standard input, which stays open. */
  write(text: string): void;
  /** Ends its standard input. */
  endInput(): void;
  /** Signals tjl alone, not its workers. */
  kill(name: NodeJS.Signals): void;
  /** Signals the whole group, as a terminal's Ctrl-C does. */
  killGroup(name: NodeJS.Signals): void;
  /** The processes that it started and that still live, workers first of all. */
  others(): number[];
  /** Its end, with leftovers checked. */
  done: Promise<RunResult>;
}

/** The environment without what a developer's or CI machine adds and what would slow or change a child. */
export function cleanEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || /^(NODE_|NPM_|npm_|VITEST|VITE_|TEST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/.test(name))
      continue;
    if (/^TJL_(?!TEST_|NO_BUILD|NODE_CACHE)/.test(name) || /^(FORCE_COLOR|NO_COLOR|COLORTERM)$/.test(name)) continue;
    kept[name] = value;
  }
  return kept;
}

/** Runs `tjl ...args` to its end. */
export function runTjl(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const running = startTjl(args, options);
  if (options.input !== undefined) running.write(options.input);
  running.endInput();
  return running.done;
}

/** Starts `tjl ...args`; standard input stays open until `endInput`. `done` must be awaited. */
export function startTjl(args: readonly string[], options: RunOptions = {}): RunningTjl {
  const { cwd = root, timeoutMs = 30_000, node = process.execPath, nodeFlags = [], leftoversMs = 5_000 } = options;
  const program = options.program ?? tjlPath;
  const watch = watchLeaks();
  const env = merged({ ...cleanEnvironment(), ...watch.env }, options.env);
  const started = performance.now();
  // A group of its own, so that a signal to all of it does not reach the tests.
  const child = spawn(node, [...nodeFlags, program, ...args], { cwd, env, detached: true, stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdin.on("error", () => {}); // it ended without reading all of its input

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    for (const { pid } of watch.processes()) signal(pid, "SIGKILL");
  }, timeoutMs);

  const ended = new Promise<RunResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, by) => resolve({ status, signal: by, stdout, stderr, ms: performance.now() - started }));
  });
  const done = ended.finally(() => clearTimeout(timer)).then((result) => checked(result));
  done.catch(() => {}); // told to whoever awaits it

  async function checked(result: RunResult): Promise<RunResult> {
    if (timedOut) {
      await cleanUp(watch);
      throw new Error(
        `tjl ${args.join(" ")}\ndid not end within ${timeoutMs / 1000} s; it printed\n${stdout}${stderr}`,
      );
    }
    if (leftoversMs === "skip") return result;
    try {
      await watch.assertClean(leftoversMs);
    } catch (error) {
      throw new Error(`tjl ${args.join(" ")}\n${(error as Error).message}\nit printed\n${stdout}${stderr}`);
    }
    return result;
  }

  return {
    pid: child.pid ?? -1,
    child,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    printed(pattern, from = "stdout", waitMs = 15_000) {
      const text = () => (from === "stdout" ? stdout : stderr);
      return waitFor(`${pattern} on ${from}`, () => text().match(pattern), { timeoutMs: waitMs }).catch((error) => {
        throw new Error(`${error.message}; stdout:\n${stdout}\nstderr:\n${stderr}`);
      });
    },
    write: (text) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    kill: (name) => signal(child.pid ?? -1, name),
    killGroup: (name) => signal(-(child.pid ?? 0), name),
    others: () =>
      watch
        .processes()
        .map((info) => info.pid)
        .filter((pid) => pid !== child.pid),
    done,
  };
}

function merged(
  base: Record<string, string>,
  changes: Record<string, string | undefined> = {},
): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...base, ...changes };
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete env[name];
  return env;
}

async function cleanUp(watch: LeakWatch): Promise<void> {
  await watch.assertClean(1_000).catch(() => {});
}
