/**
 * The program of a worker as files: which they are, one hash for all of them (equal on two hosts when they would run the same), and
 * one packed piece to send them where they are missing. Both ends use it.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

/** The worker's file, from the folder of the package. */
export const workerFileIn = (folder: string): string => join(folder, "dist", "worker.cjs");

interface File {
  path: string;
  content: Buffer;
}

/** Everything of the package that runs: package.json and the bundles. */
function ownFiles(root: string): File[] {
  return readFiles(root, ["package.json", ...codeIn(root, "dist")]);
}

/** What workers need beside the package itself, where it is pure JavaScript: arrays. */
function numpyFiles(root: string): File[] {
  const main = createRequire(join(root, "package.json")).resolve("numpy-ts");
  const folder = main.slice(0, main.lastIndexOf("/node_modules/numpy-ts/") + "/node_modules/numpy-ts".length);
  const files = readFiles(folder, ["package.json", ...codeIn(folder, "dist/esm")]);
  return files.map(({ path, content }) => ({ path: join("node_modules/numpy-ts", path), content }));
}

function codeIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => /\.[cm]?js$/.test(path))
    .sort();
}

function readFiles(root: string, paths: readonly string[]): File[] {
  return paths.map((path) => ({ path, content: readFileSync(join(root, path)) }));
}

function hashOf(files: readonly File[]): string {
  const hash = createHash("sha256");
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest("hex").slice(0, 32);
}

/** The hash of the package in that folder; undefined when there is none. */
export function programHash(root: string): string | undefined {
  try {
    return hashOf(ownFiles(root));
  } catch {
    return undefined;
  }
}

/** The package of that folder as one piece. */
export function packProgram(root: string): Buffer {
  const files = [...ownFiles(root), ...numpyFiles(root)];
  const index = Buffer.from(JSON.stringify(files.map(({ path, content }) => [path, content.length])));
  return gzipSync(Buffer.concat([u32(index.length), index, ...files.map((file) => file.content)]));
}

/** Writes a packed package into a new folder. Throws when it is not the one of that hash, or does not fit on the disk. */
export function unpackProgram(packed: Buffer, hash: string, folder: string): void {
  const all = gunzipSync(packed);
  const start = 4 + all.readUInt32LE(0);
  const index = JSON.parse(all.toString("utf8", 4, start)) as [path: string, bytes: number][];
  let at = start;
  const files = index.map(([path, bytes]) => {
    at += bytes;
    return { path, content: all.subarray(at - bytes, at) };
  });
  const own = files.filter(({ path }) => !path.startsWith("node_modules/"));
  if (hashOf(own) !== hash) throw new Error("what arrived is not what was sent");
  for (const { path, content } of files) {
    if (path.startsWith("/") || path.split("/").includes("..")) throw new Error(`a file outside: ${path}`);
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), content, { mode: 0o600 });
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
