/**
 * Tells what a cluster left behind: processes, files and sockets in its temporary folder, segments in /dev/shm.
 * Each use has a folder and a mark of its own, so that tests that run at the same time do not accuse each other.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ProcessInfo, processesWith, signal, ticksNow } from "./processes.ts";
import { waitFor } from "./wait-for.ts";

export interface LeakWatch {
  /** Goes into the environment of every process that is watched. TMPDIR is short: socket paths end at 107 bytes. */
  env: { TJL_TEST_MARK: string; TMPDIR: string };
  /** The watched processes that are alive. */
  processes(): ProcessInfo[];
  /** What is there now that should not be, in words; empty when all is clean. */
  leftovers(): string[];
  /** Removes the folder; needed only where files may stay. */
  remove(): void;
  /** Waits for a clean state; when time is up, ends and removes what is left and throws. */
  assertClean(graceMs?: number): Promise<void>;
}

export interface WatchOptions {
  /** Files, relative to the folder, that may stay because they belong to a process that lives on. */
  mayStay?: RegExp;
}

/** Opens a watch; `assertClean` must be called at the end, it also removes the folder unless files may stay. */
export function watchLeaks({ mayStay }: WatchOptions = {}): LeakWatch {
  const mark = randomBytes(6).toString("hex");
  const folder = `/tmp/t${mark}`;
  mkdirSync(folder, { mode: 0o700 });
  const segmentsBefore = new Set(sharedSegments());
  const since = ticksNow() - 2;

  const marked = () => processesWith("TJL_TEST_MARK", mark, since);
  const parts = () => ({
    processes: marked(),
    files: readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => !mayStay?.test(name))
      .map((name) => join(folder, name)),
    segments: sharedSegments().filter((name) => !segmentsBefore.has(name)),
  });

  const leftovers = () => {
    const { processes, files, segments } = parts();
    return [
      ...processes.map((p) => `process ${p.pid} (${p.state}): ${p.command.slice(0, 200)}`),
      ...files.map((file) => `file ${file}`),
      ...segments.map((name) => `shared memory segment /dev/shm/${name}`),
    ];
  };

  return {
    env: { TJL_TEST_MARK: mark, TMPDIR: folder },
    processes: marked,
    leftovers,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    async assertClean(graceMs = 5_000) {
      try {
        await waitFor("nothing left behind", () => leftovers().length === 0, { timeoutMs: graceMs });
      } catch {
        const left = leftovers();
        for (const { pid } of parts().processes) signal(pid, "SIGKILL");
        if (left.length > 0) throw new Error(`left behind after ${graceMs / 1000} s:\n  ${left.join("\n  ")}`);
      } finally {
        if (!mayStay) rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Segments that are tjulia's by name. Other tests' come and go in milliseconds; what stays is a leak of somebody's. */
function sharedSegments(): string[] {
  try {
    return readdirSync("/dev/shm").filter((name) => name.startsWith("tjl"));
  } catch {
    return [];
  }
}
