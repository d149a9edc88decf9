/**
 * What the workers that this process starts on this host share as long as there are any: a folder that only this user can open, with
 * their sockets and what they tell of themselves, and the watcher that ends them with this process.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startWatcher, type Watcher } from "./watcher.ts";

export interface Nest {
  /** Of mode 0700. */
  readonly folder: string;
  readonly watcher: Watcher;
  workers: number;
}

let nest: Nest | undefined;

/** Another worker is about to start. */
export function enterNest(): Nest {
  if (!nest) {
    const folder = mkdtempSync(join(tmpdir(), "tjl-"));
    nest = { folder, watcher: startWatcher(folder), workers: 0 };
  }
  nest.workers += 1;
  return nest;
}

/** A worker has ended; with the last one all goes. */
export function leaveNest(left: Nest): void {
  left.workers -= 1;
  if (left.workers > 0) return;
  if (nest === left) nest = undefined;
  left.watcher.end();
  rmSync(left.folder, { recursive: true, force: true });
}

/** The socket on which the worker listens. */
export function socketFile(folder: string, ospid: number): string {
  return join(folder, `${ospid}.sock`);
}

/** The board of the worker; see calls/now-running.ts. */
export function boardFile(folder: string, ospid: number): string {
  return join(folder, `${ospid}.run`);
}

/** Where the worker's control thread listens; see worker/control-thread.ts. */
export function controlSocketFile(folder: string, ospid: number): string {
  return join(folder, `${ospid}.ctl`);
}
