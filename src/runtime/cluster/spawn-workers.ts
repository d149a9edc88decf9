/**
 * Starts worker processes on this host. They get the cookie as the first line of stdin and take the end of stdin for the end of the
 * process that started them; a worker too busy to notice is killed by the watcher.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWatcher, type Watcher } from "./watcher.ts";

export interface SpawnOptions {
  /** The words that start one worker. */
  readonly command: readonly string[];
  readonly cookie: string;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Address, with or without port, to listen on; by default a socket in a folder that only this user can open. */
  readonly bindTo?: string | undefined;
}

export interface SpawnedWorker {
  readonly child: ChildProcess;
  readonly exited: Promise<{ exitCode?: number | undefined; signal?: string | undefined; reason?: string | undefined }>;
}

export function spawnWorker(options: SpawnOptions): SpawnedWorker {
  const [exename, ...words] = options.command;
  const home = enterNest();
  const child = spawn(exename as string, [...words, `--bind-to=${options.bindTo || home.folder}`], {
    cwd: options.dir,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own, so that Ctrl-C in the terminal does not end it.
    detached: true,
  });
  const { pid } = child;
  if (pid) home.watcher.add(pid);
  const exited = new Promise<Awaited<SpawnedWorker["exited"]>>((resolve) => {
    child.once("exit", (code, signal) => {
      if (pid) home.watcher.remove(pid);
      leaveNest(home);
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined });
    });
    child.once("error", (error) => {
      if (pid) return;
      leaveNest(home);
      resolve({ reason: `could not be started: ${error.message}` });
    });
  });
  child.stdin.on("error", () => {});
  if (pid) child.stdin.write(`${options.cookie}\n`);
  release(child);
  return { child, exited };
}

/** Idle workers do not keep this process alive. */
function release(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as { unref?(): void } | null)?.unref?.();
}

/** What the workers of this process share on this host, as long as there are any. */
interface Nest {
  /** Where their sockets are: a folder of mode 0700. */
  readonly folder: string;
  readonly watcher: Watcher;
  workers: number;
}

let nest: Nest | undefined;

function enterNest(): Nest {
  if (!nest) {
    const folder = mkdtempSync(join(tmpdir(), "tjl-"));
    nest = { folder, watcher: startWatcher(folder), workers: 0 };
  }
  nest.workers += 1;
  return nest;
}

function leaveNest(left: Nest): void {
  left.workers -= 1;
  if (left.workers > 0) return;
  if (nest === left) nest = undefined;
  left.watcher.end();
  rmSync(left.folder, { recursive: true, force: true });
}
