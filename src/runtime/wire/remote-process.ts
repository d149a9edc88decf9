/**
 * Another process of the cluster as seen from here: its connection, the requests it owes an answer to, and its end.
 *
 *     known ──dial──> connecting ──greeted──> connected ──closed──> gone
 *
 * Messages sent before the connection is up wait in order. When the process is gone, every request that waits fails with
 * the reason, and so does every later one. Knows nothing of what the messages mean.
 */
import { inspect } from "node:util";
import { InterruptError, type ProcessExit, ProcessExitedError, QueueFullError, UsageError } from "../../errors.ts";
import { wholeBody } from "./body.ts";
import type { Encoded } from "./codec.ts";
import { outOfReach } from "./cut-off.ts";
import type { Peer } from "./extension.ts";
import { nextId, self } from "./identity.ts";
import { holdOpen, letGo } from "./keep-alive.ts";
import { FRAME_COST_BYTES, type Link } from "./link.ts";
import { Kind } from "./messages.ts";

export interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const DEFAULT_LIMIT_MIB = 1024;

/** How much memory may be taken by what waits for one process before calls to it are refused: TJL_QUEUE_LIMIT in MiB. */
const queueLimitBytes = queueLimitMib(process.env.TJL_QUEUE_LIMIT) * 2 ** 20;

function queueLimitMib(text: string | undefined): number {
  if (!text) return DEFAULT_LIMIT_MIB;
  if (Number(text) > 0) return Number(text);
  throw new UsageError(`TJL_QUEUE_LIMIT is a number of MiB, not "${text}"`);
}

interface Waiting {
  kind: Kind;
  id: number;
  message: Encoded;
}

export class RemoteProcess implements Peer {
  readonly pid: number;
  host: string;
  sameHost = true;
  /** Set once it has ended. */
  exit: ProcessExit | undefined;
  readonly pending = new Map<number, Pending>();
  /** Where the segments of answers are to be read into, by request. */
  readonly landings = new Map<number, readonly Uint8Array[]>();
  /** Opens the connection when the first message is sent; set by the cluster layer. */
  dial: (() => void) | undefined;
  /** Called before every message but HOLD: what was gathered for this process goes first. */
  beforeSend: (() => void) | undefined;
  readonly onGone: ((exit: ProcessExit) => void)[] = [];
  /** Told of every request that is cancelled; the cluster layer sees to it that a busy process stops too. */
  onCancel: ((id: number) => void) | undefined;
  #link: Link | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #dialled = false;

  constructor(pid: number, host = "") {
    this.pid = pid;
    this.host = host;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  get isGone(): boolean {
    return this.exit !== undefined;
  }

  /** Takes the connection into use; what waited is sent on it, in order. */
  connected(link: Link): void {
    if (this.exit) return link.destroy();
    if (this.#link) return;
    this.#link = link;
    outOfReach(() => {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const { kind, id, message } of waiting) link.send(kind, id, message);
    });
  }

  /** Throws a QueueFullError when too much waits already. A single message may be larger than the limit. */
  demandRoom(): void {
    const queued = this.#link ? this.#link.queuedMemory : this.#waitingBytes + this.#waiting.length * FRAME_COST_BYTES;
    if (queued > queueLimitBytes) throw new QueueFullError(this.pid, queued, queueLimitBytes);
  }

  /** Sends one message; a message to a process that is gone is dropped (requests fail by `gone`). */
  post(kind: Kind, id: number, message: Encoded): void {
    if (this.beforeSend && kind !== Kind.HOLD) this.beforeSend();
    message.commit();
    if (this.#link) this.#link.send(kind, id, message);
    else if (!this.exit) this.#postWhenConnected({ kind, id, message });
  }

  /** Sends a request; the promise settles with its answer. */
  request(kind: Kind, message: Encoded, signal?: AbortSignal, id = nextId()): Promise<unknown> {
    if (this.exit) return Promise.reject(new ProcessExitedError({ ...this.exit, maybeRan: false }));
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      holdOpen();
      this.post(kind, id, message);
      if (signal) this.#cancelOn(signal, id);
    });
  }

  /** Takes the request out of the table; undefined when nobody waits for it any more. */
  settle(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending && this.pending.delete(id)) letGo();
    return pending;
  }

  /** The process has ended: everyone who waits is told. Later calls change nothing. */
  gone(exit: ProcessExit): void {
    if (this.exit) return;
    this.exit = exit;
    this.#waiting = [];
    this.#link?.destroy();
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(new ProcessExitedError(exit));
    for (const tell of this.onGone) tell(exit);
  }

  #postWhenConnected(waiting: Waiting): void {
    this.#waiting.push(waiting);
    const { body, segments } = waiting.message;
    this.#waitingBytes += body.end - body.start;
    for (const segment of segments) this.#waitingBytes += segment.byteLength;
    if (this.#dialled) return;
    // The call at hand may be cut off; those that come after it need the connection too.
    outOfReach(() => {
      this.#dialled = true;
      this.dial?.();
    });
  }

  #cancelOn(signal: AbortSignal, id: number): void {
    const cancel = () => {
      if (!this.pending.has(id)) return;
      this.post(Kind.CANCEL, id, emptyMessage);
      this.onCancel?.(id);
    };
    if (signal.aborted) return cancel();
    signal.addEventListener("abort", cancel, { once: true });
    const pending = this.pending.get(id);
    if (!pending) return;
    const done = () => signal.removeEventListener("abort", cancel);
    this.pending.set(id, {
      resolve: (value) => (done(), pending.resolve(value)),
      reject: (error) => (done(), pending.reject(error instanceof InterruptError ? withReason(error, signal) : error)),
    });
  }
}

/** Stopped by its signal: the cause is the reason that was given here. */
function withReason(error: InterruptError, signal: AbortSignal): InterruptError {
  return signal.aborted ? new InterruptError(error.pid, { cause: signal.reason }) : error;
}

/** A message that says all by its kind and id. */
export const emptyMessage: Encoded = { flags: 0, body: wholeBody(new Uint8Array(0)), segments: [], commit() {} };

/** The same message with more flags. */
export function withFlags(message: Encoded, flags: number): Encoded {
  return { ...message, flags: message.flags | flags };
}

/** Every other process that was ever known here, the ones that are gone included. */
export const processes = new Map<number, RemoteProcess>();

/** Sends what is gathered for other processes now: before a longer piece of work, during which they can be at theirs. */
export function flushAll(): void {
  for (const { link } of processes.values()) link?.flush();
}

/** Hears of processes as they become known here, and as they end. */
export interface ProcessWatcher {
  joined?(pid: number): void;
  /** It will end as soon as it has answered what it has: it gets no more work. */
  leaving?(pid: number): void;
  left?(pid: number): void;
}

const watchers = new Set<ProcessWatcher>();

/** Gives a function that stops the watching. */
export function watchProcesses(watcher: ProcessWatcher): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Makes a process known here. */
export function addProcess(process: RemoteProcess): void {
  processes.set(process.pid, process);
  process.onGone.push((exit) => {
    processes.set(process.pid, remembered(process, exit));
    for (const watcher of watchers) watcher.left?.(process.pid);
  });
  for (const watcher of watchers) watcher.joined?.(process.pid);
}

/** What stays of a process that is gone: how it ended. Its connection, and all that is kept for as long as it is there, can be freed. */
function remembered({ pid, host, sameHost }: RemoteProcess, exit: ProcessExit): RemoteProcess {
  return Object.assign(new RemoteProcess(pid, host), { sameHost, exit });
}

/** A process has been asked to end. */
export function tellLeaving(pid: number): void {
  for (const watcher of watchers) watcher.leaving?.(pid);
}

/** The process with that id. Throws a UsageError when there never was one. */
export function processOf(pid: number): RemoteProcess {
  const process = processes.get(pid);
  if (process) return process;
  throw new UsageError(
    Number.isInteger(pid)
      ? `no process with id ${pid} exists (there are ${livingPids().join(", ")})`
      : `a process id is a whole number, not ${inspect(pid)}`,
  );
}

/** The ids of all processes that live, as far as this one knows; ascending. */
export function livingPids(): number[] {
  const others = [...processes.values()].filter((process) => !process.isGone).map((process) => process.pid);
  return [self.pid, ...others].sort((a, b) => a - b);
}
