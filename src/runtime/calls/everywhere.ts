/** Runs a function on every process, and makes names that live on every process. */
import { UsageError } from "../../errors.ts";
import { addEverywhereNames } from "../closures/everywhere-names.ts";
import { trackChild } from "../refs/sync.ts";
import { self } from "../wire/identity.ts";
import { demandFunction } from "./encode-call.ts";
import { procs } from "./membership.ts";
import { remotecallDone } from "./remotecall.ts";

export interface EverywhereOptions<A extends unknown[] = unknown[]> {
  /** The processes to run on. Default: all, this one included. */
  procs?: readonly number[];
  /** What `f` is called with. */
  args?: A;
}

/**
 * Runs `f` on every process and waits until all are done. When it throws on some, rejects with one AggregateError that has every
 * error, in the order of the processes.
 *
 * @example
 * await everywhere(() => {
 *   globalThis.greeting = `hello from ${myid()}`;
 * });
 * console.log(await remotecallFetch(2, () => globalThis.greeting)); // hello from 2
 */
export function everywhere<A extends unknown[]>(
  f: (...args: A) => unknown,
  options: EverywhereOptions<A> = {},
): Promise<void> {
  demandFunction(f, "everywhere");
  const pids = [...(options.procs ?? procs())];
  if (pids.length === 0) throw new UsageError("everywhere: the list of processes is empty");
  const args = options.args ?? [];
  // The own process last, so that the others work at the same time.
  const others = pids.map((pid) => (pid === self.pid ? undefined : remotecallDone(pid, f, args)));
  const runs = pids.map((pid, i) => others[i] ?? remotecallDone(pid, f, args));
  const done = settleAll(runs, pids);
  return trackChild(done);
}

async function settleAll(runs: Promise<void>[], pids: number[]): Promise<void> {
  const outcomes = await Promise.allSettled(runs);
  const failed = outcomes.flatMap((outcome, i) =>
    outcome.status === "rejected" ? [{ pid: pids[i] as number, error: outcome.reason }] : [],
  );
  if (failed.length === 0) return;
  failed.sort((a, b) => a.pid - b.pid);
  throw new AggregateError(
    failed.map(({ error }) => error),
    `everywhere: failed on ${failed.length} of ${pids.length} processes: ${failed.map(({ pid }) => pid).join(", ")}`,
  );
}

/** Makes `names` globals of this process; functions that name them find them wherever they run. */
export function defineGlobals(names: Readonly<Record<string, unknown>>): void {
  addEverywhereNames(Object.keys(names));
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  }
}
