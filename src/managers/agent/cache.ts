/** Programs that were sent to this host, each in a folder named by its hash, so that one is sent once. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { unpackProgram, workerFileIn } from "./program.ts";

/** The folder of the program with that hash, when it is here. */
export function cachedProgram(hash: string): string | undefined {
  return folders()
    .map((folder) => join(folder, hash))
    .find((folder) => existsSync(workerFileIn(folder)));
}

/** Keeps a packed program; its folder appears once it is whole. Several may do so at once. */
export function keepProgram(packed: Buffer, hash: string): string {
  const cache = usableFolder();
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

/** The cache of this user; where the home cannot be written, a folder for temporary files that is this user's own. */
function folders(): string[] {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return [join(cache, "tjulia"), join(tmpdir(), `tjulia-${process.getuid?.() ?? "cache"}`)].filter(isOurs);
}

function usableFolder(): string {
  let problem: unknown;
  for (const folder of folders()) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (isOurs(folder)) return folder;
    } catch (error) {
      problem = error;
    }
  }
  throw problem ?? new Error("there is no folder that files can be kept in");
}

/** Not there yet, or a folder that only this user can write to: what lies in it is run. */
function isOurs(folder: string): boolean {
  try {
    const { uid, mode } = statSync(folder);
    return (process.getuid === undefined || uid === process.getuid()) && (mode & 0o022) === 0;
  } catch {
    return true;
  }
}
