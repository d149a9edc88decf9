/** Julia's spawn family over functions: what the macros `@spawnat`, `@spawn`, `@fetch` and `@fetchfrom` expand to. */
import { capturedValues } from "../closures/captured-values.ts";
import { RemoteRef } from "../refs/remote-ref.ts";
import { demandFunction } from "./encode-call.ts";
import { workers } from "./membership.ts";
import { remotecall, remotecallFetch, type Where } from "./remotecall.ts";

/**
 * Runs `f` on process `pid`; gives a reference to its value at once.
 *
 * @example
 * const r = spawnat(2, () => myid() * 10);
 * console.log(await fetch(r)); // 20
 */
export function spawnat<R>(pid: Where, f: () => R): RemoteRef<Awaited<R>> {
  demandFunction(f, "spawnat");
  return remotecall(pid, f);
}

/**
 * Runs `f` where it is best: on the owner of the first reference that `f` captures, so that fetching it there costs nothing, else on
 * the next worker in turn.
 *
 * @example
 * const r = spawn(() => [1, 2, 3]);
 * const sum = spawn(async () => (await fetch(r)).reduce((a, b) => a + b)); // runs where r is
 * console.log(await fetch(sum)); // 6
 */
export function spawn<R>(f: () => R): RemoteRef<Awaited<R>> {
  demandFunction(f, "spawn");
  return remotecall(bestProcess(f), f);
}

/**
 * Runs `f` on process `pid` and gives its value.
 *
 * @example
 * console.log(await fetchfrom(2, () => process.title.length > 0)); // true
 */
export function fetchfrom<R>(pid: Where, f: () => R): Promise<Awaited<R>> {
  demandFunction(f, "fetchfrom");
  return remotecallFetch(pid, f);
}

let turn = 0;

function bestProcess(f: () => unknown): number {
  for (const value of capturedValues(f)) if (value instanceof RemoteRef) return value.where;
  const available = workers();
  const pid = available[turn % available.length] as number;
  turn += 1;
  return pid;
}
