/** Where is kept for this user what need not be made or sent again: programs and modules from other hosts, compiled code. */
import { mkdirSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** The cache of this user; undefined when others can write to it. */
export function ownCache(): string | undefined {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tjulia");
  return isOurs(folder) ? folder : undefined;
}

/** The folders that may hold what was sent here: the cache of this user; where the home cannot be written, one for temporary files. */
export function cacheFolders(): string[] {
  const temporary = join(tmpdir(), `tjulia-${process.getuid?.() ?? "cache"}`);
  return [ownCache(), isOurs(temporary) ? temporary : undefined].filter((folder) => folder !== undefined);
}

/** The first of them that can be written to, made if need be, with `name` in it. */
export function writableCache(name = ""): string {
  let problem: unknown;
  for (const folder of cacheFolders()) {
    try {
      mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
      if (isOurs(folder)) return join(folder, name);
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

const KEEP_MS = 30 * 24 * 3600 * 1000;

/** Removes from a folder of the cache what no run has written for long, and what is beyond the `most` newest: of builds, Nodes and files that are gone. */
export function removeOld(folder: string, most = Number.POSITIVE_INFINITY): void {
  const files = readdirSync(folder).map((name) => {
    const file = join(folder, name);
    return { file, ageMs: Date.now() - statSync(file).mtimeMs };
  });
  files.sort((a, b) => a.ageMs - b.ageMs);
  for (const [index, { file, ageMs }] of files.entries()) {
    if (index >= most || ageMs > KEEP_MS || (file.endsWith(".part") && ageMs > 60_000)) unlinkSync(file);
  }
}

/** FNV-1a, because node:crypto would cost more than it saves. */
export function textHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}
