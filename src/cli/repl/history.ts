/**
 * The entries of earlier sessions, newest last. One JSON string a line in `$XDG_STATE_HOME/tjl/history`, so that an entry of
 * several lines stays one entry and sessions that run at the same time add to the same file. Read at the first use.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const KEPT_ENTRIES = 5_000;

export class History {
  readonly #file: string | undefined;
  #entries: string[] | undefined;
  #isBroken = false;

  /** Without a file the history lasts as long as the session. */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  get entries(): readonly string[] {
    this.#entries ??= this.#file ? readEntries(this.#file) : [];
    return this.#entries;
  }

  /** Adds an entry, unless it repeats the last one. */
  add(text: string): void {
    if (text.trim() === "" || this.entries.at(-1) === text) return;
    this.#entries?.push(text);
    if (!this.#file || this.#isBroken) return;
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      appendFileSync(this.#file, `${JSON.stringify(text)}\n`, { mode: 0o600 });
    } catch {
      // A history that cannot be written is no reason to disturb the session.
      this.#isBroken = true;
    }
  }

  /** The index of the entry before `from` that starts with `prefix` and is not `current`; -1 when there is none. */
  previous(from: number, prefix: string, current: string): number {
    return this.entries.findLastIndex((entry, i) => i < from && entry.startsWith(prefix) && entry !== current);
  }

  /** The same in the other direction. */
  next(from: number, prefix: string, current: string): number {
    return this.entries.findIndex((entry, i) => i > from && entry.startsWith(prefix) && entry !== current);
  }

  /** The index of the last entry before `from` that contains `part`; -1 when there is none. */
  search(from: number, part: string): number {
    return this.entries.findLastIndex((entry, i) => i < from && entry.includes(part));
  }
}

/** TJL_HISTORY names another file; empty, it keeps the history in memory. */
export function historyFile(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.TJL_HISTORY !== undefined) return env.TJL_HISTORY || undefined;
  return join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "tjl", "history");
}

function readEntries(file: string): string[] {
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
  const entries = lines.flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === "string" ? [entry] : [];
    } catch {
      return [];
    }
  });
  if (entries.length <= 2 * KEPT_ENTRIES) return entries;
  const kept = entries.slice(-KEPT_ENTRIES);
  try {
    writeFileSync(file, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { mode: 0o600 });
  } catch {
    // As above: it stays long.
  }
  return kept;
}
