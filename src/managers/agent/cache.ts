/** Programs that were sent to this host, each in a folder named by its hash, so that one is sent once. */
import { randomInt } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { cacheFolders, writableCache } from "../../cache-folder.ts";
import { unpackProgram, workerFileIn } from "./program.ts";

/** Programs that nobody has used for so long make room for others. */
const KEEP_MS = 30 * 24 * 3600 * 1000;

/** The folder of the program with that hash, when it is here. */
export function cachedProgram(hash: string): string | undefined {
  const folder = cacheFolders()
    .map((cache) => join(cache, hash))
    .find((program) => existsSync(workerFileIn(program)));
  if (folder) utimesSync(folder, new Date(), new Date());
  return folder;
}

/** Keeps a packed program; its folder appears once it is whole. Several may do so at once, on several hosts with one home. */
export function keepProgram(packed: Buffer, hash: string): string {
  const cache = writableCache();
  removeOld(cache);
  const folder = join(cache, hash);
  const part = join(cache, `${hash}.${process.pid}${randomInt(1e9)}.part`);
  try {
    unpackProgram(packed, hash, part);
    moveTo(folder, part);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return folder;
}

/** One that another has put there meanwhile stays, since workers may be reading it; a damaged one does not. */
function moveTo(folder: string, part: string): void {
  try {
    renameSync(part, folder);
  } catch (error) {
    if (existsSync(workerFileIn(folder))) return;
    if (!existsSync(folder)) throw error;
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
  }
}

function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    if (!/^[0-9a-f]{32}(\.\d+\.part)?$/.test(name) || Date.now() - statSync(folder).mtimeMs < KEEP_MS) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}
