/**
 * Library use inside the test process: starts n workers, runs the body, removes them, and fails when anything is left.
 * The built library is used, as users get it. One cluster at a time in a process.
 */
import { afterAll } from "vitest";
import type * as Tjulia from "../../src/index.ts";
import { watchLeaks } from "./leaks.ts";
import { root } from "./run-tjl.ts";

/** The library as `import * as tjl from "tjulia"` gives it. */
export type Library = typeof Tjulia;

/** The built library. Its functions travel as those of a plain Node program do: what they capture must be values. */
export function library(): Promise<Library> {
  return import(/* @vite-ignore */ `${root}/dist/index.js`) as Promise<Library>;
}

/** This process stays the master, so its folder of sockets stays until its end. */
const watch = watchLeaks({ mayStay: /^tjl-\w+(\/\d+\.sock)?$/ });
afterAll(() => watch.remove());

/**
 * Runs `body` with `n` fresh local workers and gives what it gives.
 *
 * @example
 * await withCluster(2, async (tjl, pids) => {
 *   expect(await tjl.remotecallFetch(pids[0]!, Math.max, 1, 5)).toBe(5);
 * });
 */
export async function withCluster<T>(
  n: number,
  body: (tjl: Library, pids: number[]) => T | Promise<T>,
  options: { addprocs?: object; leftoversMs?: number } = {},
): Promise<T> {
  const tjl = await library();
  const before = { TMPDIR: process.env.TMPDIR, TJL_TEST_MARK: process.env.TJL_TEST_MARK };
  Object.assign(process.env, watch.env);
  try {
    const pids = n > 0 ? await tjl.addprocs(n, options.addprocs as never) : [];
    try {
      return await body(tjl, pids);
    } finally {
      const left = tjl.procs().filter((pid) => pid !== 1);
      if (left.length > 0) await tjl.rmprocs(...left, { waitfor: 10 });
      await watch.assertClean(options.leftoversMs);
    }
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
