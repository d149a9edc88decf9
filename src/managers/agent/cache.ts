/** Programs that were sent to this host, each in a folder named by its hash, so that one is sent once. */
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

/** Keeps a packed program; its folder appears once it is whole. Several may do so at once. */
export function keepProgram(packed: Buffer, hash: string): string {
  const cache = writableCache();
  removeOld(cache);
  const folder = join(cache, hash);
  const part = join(cache, `${hash}.${process.pid}.part`);
  try {
    unpackProgram(packed, hash, part);
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(workerFileIn(folder))) throw error;
  }
  return folder;
}

function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    if (!/^[0-9a-f]{32}(\.\d+\.part)?$/.test(name) || Date.now() - statSync(folder).mtimeMs < KEEP_MS) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}
