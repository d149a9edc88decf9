/**
 * The first file that a process of ours runs: loads the bundles beside it, with the compiled code that V8 made of them in earlier runs.
 * To compile them is a third of what a worker costs at its start. What is kept lies in a folder that only this user can write to, one
 * file for each kind of process, Node and build; without it, or when it does not fit, all is compiled as ever.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import nodeModule from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import { ownCache, removeOld, textHash } from "./cache-folder.ts";

/** Says which bundles these are; set by the build. */
declare const BUILD: string;

/** Code that only some runs use is added in the first few of them. */
const GENERATIONS = 3;
/**
 * The code is taken then, and at the end; the larger one is kept. A long run has lost that of its start by its end, because V8 throws away what has
 * not run for long; a slow start has not come far by then.
 */
const STARTED_MS = 300;

/** name → compiled code; and how many runs have added to it. */
interface Kept {
  readonly generation: number;
  readonly code: ReadonlyMap<string, Buffer>;
}

let kept: Kept = { generation: 0, code: new Map() };
const scripts = new Map<string, Script>();
const taken = new Map<string, Buffer>();

/** Loads a bundle as what this process is for. */
export function start(name: string): unknown {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return load(name);
  // V8 keeps the paths of the files with the code, so another copy of the package has code of its own; and what runs with workers has, because
  // runs without would use up the generations.
  const asksForWorkers = process.argv.some((word) => /^(?:-p|--procs|--machine|--manager)/.test(word));
  const place = textHash([__dirname, asksForWorkers, ...process.execArgv, process.env.NODE_OPTIONS].join("\0"));
  const cacheName = `${BUILD}-${process.version}-${process.arch}-${name}-${place}`;
  kept = read(cacheName) ?? kept;
  if (kept.generation < GENERATIONS) setTimeout(take, STARTED_MS).unref();
  process.once("exit", () => write(cacheName));
  return load(name);
}

/** Loads a file of this folder as `require` does, to its end. Both share what they have loaded. */
export function load(name: string): unknown {
  const file = join(__dirname, name);
  const loaded = require.cache[file];
  return loaded ? loaded.exports : toItsEnd(() => loadFile(name, file));
}

/** A module whose loading is cut off stays half loaded: what can be cut off here says how not to (runtime/wire/cut-off.ts). */
function toItsEnd<T>(work: () => T): T {
  const { [Symbol.for("tjulia.outOfReach")]: outOfReach } = globalThis as {
    [way: symbol]: ((work: () => T) => T) | undefined;
  };
  return outOfReach ? outOfReach(work) : work();
}

function loadFile(name: string, file: string): unknown {
  const module = new nodeModule.Module(file, undefined);
  module.filename = file;
  require.cache[file] = module;
  const script = new Script(readFileSync(file, "latin1"), { filename: file, cachedData: kept.code.get(name) });
  scripts.set(name, script);
  const near = (id: string): unknown =>
    id.startsWith(".") ? load(join(dirname(name), id)) : toItsEnd(() => require(id));
  script.runInThisContext()(module.exports, Object.assign(near, require), module, file, dirname(file));
  module.loaded = true;
  return module.exports;
}

/** `u32 bytes of the index | index as JSON | code …` */
function read(name: string): Kept | undefined {
  const cache = ownCache();
  if (cache === undefined) return undefined;
  try {
    const all = readFileSync(join(cache, "code", name));
    const start = 4 + all.readUInt32LE(0);
    const { generation, lengths } = JSON.parse(all.toString("utf8", 4, start)) as Index;
    let at = start;
    const code = new Map(
      lengths.map(([file, bytes]) => {
        at += bytes;
        return [file, all.subarray(at - bytes, at)];
      }),
    );
    return at === all.length ? { generation, code } : undefined;
  } catch {
    return undefined; // it is not there, or not whole
  }
}

interface Index {
  readonly generation: number;
  readonly lengths: readonly (readonly [file: string, bytes: number])[];
}

function take(): void {
  const isGrowing = kept.generation < GENERATIONS;
  for (const [file, script] of scripts) {
    const isWanted = isGrowing || !kept.code.has(file) || script.cachedDataRejected;
    if (!isWanted) continue;
    const code = script.createCachedData();
    if (code.length > (taken.get(file)?.length ?? 0)) taken.set(file, code);
  }
}

/** Keeps the code of this run when it has something that is not kept yet. */
function write(name: string): void {
  take();
  if (taken.size === 0) return;
  const isRejected = [...scripts.values()].some((script) => script.cachedDataRejected);
  const cache = ownCache();
  if (cache === undefined) return;
  try {
    const folder = join(cache, "code");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, name);
    const part = `${file}.part`;
    removeOld(folder);
    // One process at a time; the others go on without.
    const out = openSync(part, "wx", 0o600);
    const code = new Map([...(isRejected ? [] : kept.code), ...taken]);
    const index: Index = {
      generation: isRejected ? 1 : kept.generation + 1,
      lengths: [...code].map(([file, { length }]) => [file, length]),
    };
    const head = Buffer.from(JSON.stringify(index));
    const size = Buffer.alloc(4);
    size.writeUInt32LE(head.length);
    writeSync(out, Buffer.concat([size, head, ...code.values()]));
    closeSync(out);
    renameSync(part, file);
  } catch {
    // No place to keep it, or another process does.
  }
}
