/**
 * Tells the outside what this process runs right now, in a small file beside its socket: the master reads it when the process does
 * not answer, to show what it is busy with and to stop the right call. Written for calls that are not known to be quick.
 */
import { closeSync, openSync, writeSync } from "node:fs";

/** What is in the file: one line of JSON, padded to a fixed size. */
export interface NowRunning {
  /** The process that called, and the id of its request. */
  readonly from: number;
  readonly id: number;
  readonly name: string;
  /** When it started, ms since the epoch. */
  readonly since: number;
}

const BYTES = 256;

let file: number | undefined;

/** From now on the file is kept. */
export function openNowRunning(path: string): void {
  file = openSync(path, "w", 0o600);
  process.once("exit", () => file !== undefined && closeSync(file));
}

export function tellRunning(from: number, id: number, name: string): void {
  if (file === undefined) return;
  const line = JSON.stringify({ from, id, name: name.slice(0, 80), since: Date.now() } satisfies NowRunning);
  writeSync(file, line.slice(0, BYTES).padEnd(BYTES), 0, "utf8");
}

export function tellIdle(): void {
  if (file !== undefined) writeSync(file, " ".repeat(BYTES), 0, "latin1");
}

/** The content of the file; undefined when nothing is told. */
export function parseNowRunning(text: string): NowRunning | undefined {
  try {
    return text.trim() ? (JSON.parse(text) as NowRunning) : undefined;
  } catch {
    return undefined;
  }
}
