/**
 * Starts worker processes on this host. They get the cookie, and a ticket for the handshake, as the first line of stdin and take the end of
 * stdin for the end of the process that started them; a worker too busy to notice is killed by the watcher.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Hello } from "../wire/messages.ts";
import { dropTicket, makeTicket, type Ticket, ticketText } from "../wire/ticket.ts";
import { withHugePages } from "./huge-pages.ts";
import { enterNest, leaveNest, type Nest } from "./nest.ts";

export interface SpawnOptions {
  /** The words that start one worker. */
  readonly command: readonly string[];
  readonly cookie: string;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Address, with or without port, to listen on; by default a socket in a folder that only this user can open. */
  readonly bindTo?: string | undefined;
  /** What this process says of itself, when it is going to connect to the worker. */
  readonly hello?: Hello | undefined;
}

export interface SpawnedWorker {
  readonly child: ChildProcess;
  readonly exited: Promise<{ exitCode?: number | undefined; signal?: string | undefined; reason?: string | undefined }>;
}

const early: { readonly asked: string; readonly worker: SpawnedWorker }[] = [];

/** Starts `count` workers for whoever asks for some like them by `spawnWorker`. */
export function startEarly(options: SpawnOptions, count: number): void {
  const asked = textOf(options);
  let home: Nest | undefined;
  try {
    for (let i = 0; i < count; i++) {
      home = enterNest();
      early.push({ asked, worker: start(options, home) });
    }
  } catch {
    // Not even a folder could be made. Whoever asks tries again, and tells why it cannot be.
  }
  home?.watcher.begin();
}

export function spawnWorker(options: SpawnOptions): SpawnedWorker {
  const asked = early.length > 0 ? textOf(options) : "";
  const at = early.findIndex((one) => one.asked === asked);
  const [found] = at < 0 ? [] : early.splice(at, 1);
  return found?.worker ?? start(options, enterNest());
}

function textOf({ command, cookie, dir, env, bindTo }: SpawnOptions): string {
  return JSON.stringify([command, cookie, dir, env, bindTo]);
}

function start(options: SpawnOptions, home: Nest): SpawnedWorker {
  const [exename, ...words] = options.command;
  const child = process
    .getBuiltinModule("node:child_process")
    .spawn(exename as string, [...words, `--bind-to=${options.bindTo || home.folder}`], {
      cwd: options.dir,
      env: withHugePages({ ...process.env, ...options.env }),
      stdio: ["pipe", "pipe", "pipe"],
      // A process group of its own, so that Ctrl-C in the terminal does not end it.
      detached: true,
    });
  const { pid } = child;
  const ticket = options.hello && ticketFor(options.cookie, options.hello);
  if (pid) home.watcher.add(pid);
  const exited = new Promise<Awaited<SpawnedWorker["exited"]>>((resolve) => {
    child.once("exit", (code, signal) => {
      if (ticket) dropTicket(ticket);
      if (pid) home.watcher.remove(pid);
      leaveNest(home);
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined });
    });
    child.once("error", (error) => {
      if (pid) return;
      leaveNest(home);
      resolve({ reason: `could not be started: ${whyNot(error, options)}` });
    });
  });
  child.stdin.on("error", () => {});
  if (pid) child.stdin.write(`${options.cookie}${ticket ? ` ${ticketText(ticket)}` : ""}\n`);
  release(child);
  return { child, exited };
}

/** A worker that has just started has no number yet. */
function ticketFor(cookie: string, hello: Hello): Ticket {
  return makeTicket(cookie, hello, { ...hello, pid: 0 });
}

/** ENOENT is said of the program, also where it is the folder that is missing. */
function whyNot(error: NodeJS.ErrnoException, { command: [exename], dir }: SpawnOptions): string {
  if (!existsSync(dir)) return `there is no folder ${dir}`;
  if (error.code === "ENOENT") return `there is no program ${exename}`;
  return error.message;
}

/** Idle workers do not keep this process alive. */
function release(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as { unref?(): void } | null)?.unref?.();
}
