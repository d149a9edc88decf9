/** Runs a function on every process, and makes names that live on every process. */
import { UsageError } from "../../errors.ts";
import { demandKnownOptions } from "../../known-options.ts";
import { addEverywhereNames } from "../closures/everywhere-names.ts";
import { inOneLook } from "../closures/shape.ts";
import { withSignal } from "../refs/context.ts";
import { trackChild } from "../refs/sync.ts";
import { self } from "../wire/identity.ts";
import { processOf } from "../wire/remote-process.ts";
import { demandFunction } from "./encode-call.ts";
import type { AnyFunction } from "./function-table.ts";
import { procs } from "./membership.ts";
import { remotecallDone } from "./remotecall.ts";

export interface EverywhereOptions<A extends unknown[] = unknown[]> {
  /** The processes to run on. Default: all, this one included. */
  procs?: readonly number[];
  /** What `f` is called with. */
  args?: A;
  /** Stops it on every process; it rejects with their InterruptErrors. */
  signal?: AbortSignal;
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
  demandKnownOptions("everywhere", options, ["procs", "args", "signal"]);
  const pids = [...new Set(options.procs ?? procs())];
  if (pids.length === 0) throw new UsageError("everywhere: the list of processes is empty");
  for (const pid of pids) if (pid !== self.pid) processOf(pid);
  const { signal, args = [] } = options;
  const run = () =>
    settleAll(
      inOneLook(() => startAll(f, args, pids)),
      pids,
    );
  return trackChild(signal ? withSignal(signal, run) : run());
}

/** Starts the calls; this process comes last, so that the others work at the same time. */
function startAll(f: AnyFunction, args: readonly unknown[], pids: readonly number[]): Promise<void>[] {
  const runs = new Map<number, Promise<void>>();
  const isSelf = (pid: number) => pid === self.pid;
  for (const pid of [...pids.filter((pid) => !isSelf(pid)), ...pids.filter(isSelf)]) {
    try {
      runs.set(pid, remotecallDone(pid, f, args));
    } catch (error) {
      // What cannot travel to any process is told before anything has been sent.
      if (runs.size === 0) throw error;
      runs.set(pid, Promise.reject(error));
    }
  }
  return pids.map((pid) => runs.get(pid) as Promise<void>);
}

async function settleAll(runs: readonly Promise<void>[], pids: readonly number[]): Promise<void> {
  const outcomes = runs.map((run, i) =>
    run.then(
      () => [],
      (error: unknown) => [{ pid: pids[i] as number, error }],
    ),
  );
  const failed: { pid: number; error: unknown }[] = [];
  for (const outcome of outcomes) failed.push(...(await outcome));
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
