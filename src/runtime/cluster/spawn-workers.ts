/**
 * Starts worker processes on this host. They get the cookie as the first line of stdin and take the end of stdin for the end of the
 * process that started them; a worker too busy to notice is killed by the watcher.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchWorkers } from "./watcher.ts";

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
  const bindTo = options.bindTo || socketFolder();
  const child = spawn(exename as string, [...words, `--bind-to=${bindTo}`], {
    cwd: options.dir,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    // A process group of its own, so that Ctrl-C in the terminal does not end it.
    detached: true,
  });
  const exited = new Promise<Awaited<SpawnedWorker["exited"]>>((resolve) => {
    child.once("exit", (code, signal) => {
      if (child.pid) watchWorkers(socketFolder()).remove(child.pid);
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined });
    });
    child.once("error", (error) => resolve({ reason: `could not be started: ${error.message}` }));
  });
  child.stdin?.on("error", () => {});
  if (child.pid) {
    watchWorkers(socketFolder()).add(child.pid);
    child.stdin?.write(`${options.cookie}\n`);
  }
  release(child);
  return { child, exited };
}

/** Idle workers do not keep this process alive. */
function release(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as { unref?(): void } | null)?.unref?.();
}

let folder: string | undefined;

/** Where the sockets of this process's workers are: a folder of mode 0700 that goes when this process ends. */
export function socketFolder(): string {
  if (!folder) {
    const made = mkdtempSync(join(tmpdir(), "tjl-"));
    folder = made;
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  }
  return folder;
}
