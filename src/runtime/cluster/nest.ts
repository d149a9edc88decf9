/**
 * What the workers that this process starts on this host share as long as there are any: a folder that only this user can open, with
 * their sockets and what they tell of themselves, and the watcher that ends them with this process.
 */
import { rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crypto } from "../wire/crypto.ts";
import { type Watcher, watcherOf } from "./watcher.ts";

export interface Nest {
  /** Each worker makes it, of mode 0700, when it is not there: a master that is killed before it has started one leaves nothing. */
  readonly folder: string;
  readonly watcher: Watcher;
  workers: number;
}

const PREFIX = join(tmpdir(), "tjl-");
const NAME_BYTES = 8;

let nest: Nest | undefined;

/** Another worker is about to start. */
export function enterNest(): Nest {
  if (!nest) {
    const folder = PREFIX + crypto().randomBytes(NAME_BYTES).toString("hex");
    nest = { folder, watcher: watcherOf(folder), workers: 0 };
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

/** Made here, not by the user. */
export function isNest(folder: string): boolean {
  return folder.startsWith(PREFIX) && folder.length === PREFIX.length + 2 * NAME_BYTES;
}

export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Another worker has something in it, or was quicker.
  }
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
