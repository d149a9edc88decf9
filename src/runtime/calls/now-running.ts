/**
 * A board on which this process writes what it runs right now, for those who look from outside while it is busy: the master, to show it and
 * to stop just that call, and the control thread. A file beside the worker's socket, or one without a name. Written for calls that
 * are not known to be quick.
 *
 *     0 … 511   what runs: one line of JSON; blank when nothing does
 *     512 …     the call that a signal is on its way for; see cluster/signal-call.ts
 *
 * Who signals writes the call first and looks again whether it still runs; who ends a call clears it first and looks then whether a signal
 * was on its way. So one of the two sees the other, and a signal never strikes a call that it was not meant for.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";

/** Names a request: the process that called, and the number that it gave it. */
export interface CallName {
  readonly from: number;
  readonly id: number;
}

export interface NowRunning extends CallName {
  readonly name: string;
  /** Where the function stands in its file, `/home/me/job.ts:12`. */
  readonly place?: string | undefined;
  /** When it started, ms since the epoch. */
  readonly since: number;
}

const RUNNING_BYTES = 512;
const SIGNAL_BYTES = 64;

/** How long a signal that was announced is waited for. */
const LONGEST_WAIT_MS = 2000;
/** A signal that has not struck by then has come, and the engine has lost it: in Node's own code some places drop what ends the code. */
const LOST_MS = 250;

let board: number | undefined;

/** From now on the board is kept. Without a name it is this process's own. Gives its file descriptor. */
export function openBoard(path: string, isNamed: boolean): number | undefined {
  try {
    board = openSync(path, "wx+", 0o600);
    if (!isNamed) unlinkSync(path);
    writeSync(board, " ".repeat(RUNNING_BYTES + SIGNAL_BYTES), 0, "latin1");
    process.once("exit", () => board !== undefined && closeSync(board));
  } catch {
    // A disk that is full: this process cannot be looked at while it is busy, and goes on.
    if (board !== undefined) closeSync(board);
    if (board !== undefined && isNamed) unlinkSync(path);
    board = undefined;
  }
  return board;
}

/** The descriptor of the board, when there is one. */
export function ownBoard(): number | undefined {
  return board;
}

const blank = Buffer.alloc(RUNNING_BYTES, " ");
const signalled = Buffer.alloc(SIGNAL_BYTES);
const pause = new Int32Array(new SharedArrayBuffer(4));

export function tellRunning(call: NowRunning): void {
  if (board === undefined) return;
  const line = Buffer.alloc(RUNNING_BYTES, " ");
  line.write(JSON.stringify({ ...call, name: call.name.slice(0, 80), place: call.place?.slice(-200) }));
  writeTo(board, line, 0);
}

/** The call has ended. When a signal is on its way for it, waits for that to strike: this must run where it can. One that was lost is sent again. */
export function tellEnded(call: CallName): void {
  if (board === undefined) return;
  writeTo(board, blank, 0);
  const since = Date.now();
  let isSentAgain = false;
  for (let waited = 0; isSame(readSignal(board), call) && waited < LONGEST_WAIT_MS; waited = Date.now() - since) {
    Atomics.wait(pause, 0, 0, 1);
    if (isSentAgain || waited < LOST_MS) continue;
    isSentAgain = true;
    process.kill(process.pid, "SIGINT");
  }
}

/** Nothing runs any more: what did was struck by a signal. */
export function tellIdle(): void {
  if (board !== undefined) writeTo(board, blank, 0);
}

/** What is on the board; undefined when nothing runs. */
export function readRunning(fd: number): NowRunning | undefined {
  const bytes = Buffer.alloc(RUNNING_BYTES);
  readSync(fd, bytes, 0, RUNNING_BYTES, 0);
  const text = bytes.toString().trim();
  try {
    return text ? (JSON.parse(text) as NowRunning) : undefined;
  } catch {
    return undefined;
  }
}

/** Announces a signal for that call, to stop all when there is an order for that; takes the announcement back without a call. */
export function announceSignal(fd: number, call: CallName | undefined, order = 0): void {
  const text = call ? `${call.from} ${call.id} ${Date.now()} ${order}` : "";
  writeTo(fd, Buffer.from(text.padEnd(SIGNAL_BYTES)), RUNNING_BYTES);
}

export function isSame(a: CallName | undefined, b: CallName | undefined): boolean {
  return a !== undefined && b !== undefined && a.id === b.id && a.from === b.from;
}

/** The order to stop all that the last signal came for; 0 when it was meant for one call. */
export function orderOfSignal(): number {
  return (board !== undefined && readSignal(board)?.order) || 0;
}

/** The call that a signal was announced for last, when, and by which order. */
export function readSignal(fd: number): (CallName & { readonly at: number; readonly order: number }) | undefined {
  readSync(fd, signalled, 0, SIGNAL_BYTES, RUNNING_BYTES);
  if (signalled[0] === 32) return undefined;
  const [from = 0, id = 0, at = 0, order = 0] = signalled.toString("latin1").trim().split(" ").map(Number);
  return { from, id, at, order };
}

/** Within what the file has already: a full disk does not matter. */
function writeTo(fd: number, bytes: Buffer, at: number): void {
  try {
    writeSync(fd, bytes, 0, bytes.length, at);
  } catch {
    // Whoever looks sees what was there before.
  }
}
