/**
 * A folder for commands that a page or example shows: `tjl`, `tjulia` and `node` on its PATH are the built program and the Node that
 * runs the tests, `node_modules` has tjulia and what the repository itself uses.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type RunOptions, type RunResult, root, runTjl, tjlPath } from "./run-tjl.ts";

export interface Scratch {
  folder: string;
  /** Runs a line of shell there; fails when anything is left behind. */
  sh(command: string, options?: RunOptions): Promise<RunResult>;
  remove(): void;
}

export function openScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), "doc-"));
  const bin = join(folder, ".bin");
  mkdirSync(bin);
  for (const [name, words] of [
    ["tjl", [process.execPath, tjlPath]],
    ["tjulia", [process.execPath, tjlPath]],
    ["node", [process.execPath]],
  ] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/tjulia"));
  for (const name of ["fast-png", "numpy-ts", "@types"]) {
    mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  return {
    folder,
    sh: (command, options = {}) =>
      runTjl([command], {
        cwd: folder,
        ...options,
        env: { PATH: `${bin}:${process.env.PATH}`, ...options.env },
        node: "/bin/bash",
        // A bash that talks through a socket and is in no other shell would read ~/.bashrc.
        nodeFlags: ["--norc", "-euo", "pipefail"],
        program: "-c",
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
