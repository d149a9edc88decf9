/**
 * One program, several processes: `spmd` runs a function on all of them at once, and inside it they meet: barrier, bcast,
 * scatter, gather. Messages are matched by counting: every process takes part in the same meetings in the same order.
 */
import { processName, UsageError } from "../errors.ts";
import { workers } from "../runtime/calls/membership.ts";
import { registerService } from "../runtime/calls/services.ts";
import { inOneLook } from "../runtime/closures/shape.ts";
import { currentContext, runInContext } from "../runtime/refs/context.ts";
import { trackChild } from "../runtime/refs/sync.ts";
import { nextId, self } from "../runtime/wire/identity.ts";
import { asBlock, fromBlock } from "./as-block.ts";
import { ask } from "./ask.ts";
import { quick } from "./care.ts";
import { Distributed } from "./distributed.ts";
import { cut } from "./partition.ts";
import { select } from "./selection.ts";
import { settleAll } from "./settle-all.ts";
import { SharedArray } from "./shared-array.ts";
import { endWorld, type World, worldNamed } from "./spmd-world.ts";

declare module "../runtime/refs/context.ts" {
  interface Context {
    readonly world?: World | undefined;
  }
}

/**
 * Runs `f(...args)` on every owner of the first DArray or SharedArray among the arguments, or on all workers, at once; gives the
 * results in the order of the processes. When one fails the others are stopped at their next meeting.
 *
 * @example
 * const totals = await spmd(async (d) => {
 *   const parts = await gather(Number(np.sum(localpart(d))));
 *   return bcast(parts?.reduce((a, b) => a + b, 0));
 * }, await dones([10, 10]));
 * console.log(totals[0]); // 100
 */
export function spmd<A extends unknown[], R>(f: (...args: A) => R, ...args: A): Promise<Awaited<R>[]> {
  return trackChild(run(f, args)) as Promise<Awaited<R>[]>;
}

async function run(f: (...args: never[]) => unknown, args: readonly unknown[]): Promise<unknown[]> {
  if (typeof f !== "function") throw new UsageError("spmd: the first argument is the function to run");
  const array = args.find((arg) => arg instanceof Distributed || arg instanceof SharedArray) as {
    pids: readonly number[];
  };
  const pids = array?.pids ?? workers();
  const name = `${self.pid}:${nextId()}`;
  const running = new Set(pids);
  const ended: Ended[] = [];
  let cause: { error: unknown } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const tellEnded = () => {
    for (const pid of running) ask(pid, membersEnded, name, ended).catch(() => {});
  };
  const start = (pid: number) =>
    ask(pid, runMember, name, pids, f, args).then(
      ([value, meetings]) => {
        running.delete(pid);
        ended.push([pid, meetings]);
        // Most end at the same time; only those that do not may wait for one that has.
        clearTimeout(timer);
        timer = setTimeout(tellEnded, ENDED_MS);
        return value;
      },
      (error: unknown) => {
        running.delete(pid);
        if (!cause) for (const other of running) ask(other, stopMember, name, pid).catch(() => {});
        cause ??= { error };
        throw error;
      },
    );
  try {
    return await settleAll(inOneLook(() => pids.map(start)));
  } catch (error) {
    // Not the first in order: the others fail because one has.
    throw cause ? cause.error : error;
  } finally {
    clearTimeout(timer);
  }
}

const ENDED_MS = 200;

/** A member whose function has returned, and in how many meetings it took part. */
type Ended = [pid: number, meetings: number];

/** Runs on every member. */
async function runMember(
  name: string,
  pids: readonly number[],
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
): Promise<[value: unknown, meetings: number]> {
  const world = worldNamed(name);
  world.pids = pids;
  try {
    return [await runInContext({ world }, () => f(...(args as never[]))), world.meetings];
  } finally {
    endWorld(name);
  }
}

function membersEnded(name: string, ended: readonly Ended[]): void {
  const world = worldNamed(name);
  for (const [pid, meetings] of ended) {
    const why = `${processName(pid)} does not come to this meeting: its function has returned, after ${meetings} of them`;
    world.leave(pid, meetings, new UsageError(`stopped: ${why}`));
  }
}

function deliver(name: string, from: number, meeting: number, value: unknown): void {
  worldNamed(name).deliver(from, meeting, value);
}

function stopMember(name: string, pid: number): void {
  worldNamed(name).stop(new UsageError(`stopped: ${processName(pid)} failed, which takes part in the same spmd`));
}

function currentWorld(caller: string): World {
  const world = currentContext()?.world;
  if (world) return world;
  throw new UsageError(`${caller}() is for functions that spmd runs`);
}

function send(world: World, pid: number, meeting: number, value: unknown): Promise<void> {
  return ask(pid, deliver, world.name, self.pid, meeting, value);
}

function rootOf(world: World, root: number | undefined): number {
  const pid = root ?? (world.pids[0] as number);
  if (world.pids.includes(pid)) return pid;
  throw new UsageError(`process ${pid} does not take part in this spmd; ${world.pids.join(", ")} do`);
}

/**
 * Inside `spmd`: waits until all members have come here.
 *
 * @example
 * await spmd(async () => {
 *   await barrier();
 * });
 */
export async function barrier(): Promise<void> {
  const world = currentWorld("barrier");
  const meeting = world.nextMeeting();
  const [first] = world.pids as [number];
  if (self.pid !== first) {
    await send(world, first, meeting, undefined);
    await world.receive(first, meeting);
    return;
  }
  const others = world.pids.slice(1);
  await Promise.all(others.map((pid) => world.receive(pid, meeting)));
  await Promise.all(others.map((pid) => send(world, pid, meeting, undefined)));
}

/**
 * Inside `spmd`: gives every member the value of `root` (a process id, by default the first member).
 *
 * @example
 * console.log(await spmd(() => bcast(myid()))); // [ 2, 2 ]
 */
export async function bcast<T>(value: T, root?: number): Promise<T> {
  const world = currentWorld("bcast");
  const meeting = world.nextMeeting();
  const from = rootOf(world, root);
  if (self.pid !== from) return (await world.receive(from, meeting)) as T;
  await Promise.all(world.pids.map((pid) => (pid === from ? undefined : send(world, pid, meeting, value))));
  return value;
}

/**
 * Inside `spmd`: cuts the array of `root` along its first dimension and gives each member its part, in the order of the members.
 *
 * @example
 * console.log(await spmd(() => scatter([1, 2, 3, 4]))); // [ [ 1, 2 ], [ 3, 4 ] ]
 */
export async function scatter<T>(values: T, root?: number): Promise<T> {
  const world = currentWorld("scatter");
  const meeting = world.nextMeeting();
  const from = rootOf(world, root);
  if (self.pid !== from) return (await world.receive(from, meeting)) as T;
  const parts = partsOf(values, world.pids.length);
  await Promise.all(world.pids.map((pid, k) => (pid === from ? undefined : send(world, pid, meeting, parts[k]))));
  return parts[world.pids.indexOf(from)] as T;
}

function partsOf(values: unknown, count: number): unknown[] {
  if (Array.isArray(values)) return pairs(cut(values.length, count)).map(([a, b]) => values.slice(a, b));
  const block = asBlock(values);
  if (!block || block.shape.length === 0) throw new UsageError("scatter: expected an array");
  return pairs(cut(block.shape[0] as number, count)).map(([start, stop]) => {
    const part = block.slice(select(block.shape, [{ start, stop, step: 1 }]));
    return ArrayBuffer.isView(values) ? part.compact() : fromBlock(part);
  });
}

function pairs(borders: readonly number[]): [number, number][] {
  return borders.slice(1).map((b, i) => [borders[i] as number, b]);
}

/**
 * Inside `spmd`: gives `root` the values of all members, in their order; the others get undefined.
 *
 * @example
 * console.log(await spmd(() => gather(myid()))); // [ [ 2, 3 ], undefined ]
 */
export async function gather<T>(value: T, root?: number): Promise<T[] | undefined> {
  const world = currentWorld("gather");
  const meeting = world.nextMeeting();
  const to = rootOf(world, root);
  if (self.pid !== to) {
    await send(world, to, meeting, value);
    return undefined;
  }
  return Promise.all(world.pids.map((pid) => (pid === to ? value : (world.receive(pid, meeting) as Promise<T>))));
}

export function installSpmd(): void {
  registerService("spmd.run", runMember);
  registerService("spmd.deliver", deliver, quick);
  registerService("spmd.stop", stopMember, quick);
  registerService("spmd.ended", membersEnded, quick);
}
