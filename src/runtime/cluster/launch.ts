/**
 * addprocs, the part that is the same for every manager: the manager launches, workers join as they come, in any order, while it
 * still launches. One launch at a time; only on process 1.
 */
import { setMaxListeners } from "node:events";
import { InterruptError, LaunchError, type LaunchFailure, UsageError } from "../../errors.ts";
import { Condition } from "../refs/condition.ts";
import { encodeValue } from "../wire/codec.ts";
import { self } from "../wire/identity.ts";
import { Kind } from "../wire/messages.ts";
import type { ClusterManager, LaunchParams, WorkerConfig } from "./cluster-manager.ts";
import { ownCookie } from "./cookie.ts";
import { JoinError, joinWorker } from "./join.ts";
import { rmprocs } from "./leave.ts";
import type { ClusterMessage, ClusterRules } from "./member.ts";
import { cluster } from "./peers.ts";
import { relayedChild } from "./relay.ts";
import { nextPid, roster, type WorkerRecord } from "./roster.ts";

/** What a launch came to: some workers may have started and others not. */
export interface Launched {
  readonly pids: number[];
  readonly failures: LaunchFailure[];
}

let previous: Promise<unknown> = Promise.resolve();

/** Starts the workers of `manager`. Resolves when each of them has joined or failed. */
export function launchWorkers(
  manager: ClusterManager,
  params: LaunchParams,
  expected: number | undefined,
): Promise<Launched> {
  const mine = previous.then(() => launch(manager, params, expected));
  previous = mine.catch(() => {});
  return mine;
}

/** The secret of this cluster: made at the first launch, given to workers by their managers. */
export function clusterCookie(): string {
  cluster.cookie ||= ownCookie();
  return cluster.cookie;
}

async function launch(manager: ClusterManager, given: LaunchParams, expected: number | undefined): Promise<Launched> {
  if (self.pid !== 1) throw new UsageError("addprocs: only process 1 can add workers");
  agreeOnRules(given);
  if (!given.signal) return launchWith(manager, given, expected);
  // Every step of every worker listens to it, which is more than a signal takes without a warning.
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const abort = () => stop.abort(given.signal?.reason);
  given.signal.addEventListener("abort", abort, { once: true });
  if (given.signal.aborted) abort();
  try {
    return await launchWith(manager, { ...given, signal: stop.signal }, expected);
  } finally {
    given.signal.removeEventListener("abort", abort);
  }
}

async function launchWith(
  manager: ClusterManager,
  params: LaunchParams,
  expected: number | undefined,
): Promise<Launched> {
  cluster.timeoutMs = workerTimeoutMs();
  const launched: WorkerConfig[] = [];
  const arrived = new Condition();
  const failures: LaunchFailure[] = [];
  const joins: Promise<number[]>[] = [];
  let launching = true;
  // A manager of one's own may throw before it has a promise, or give none.
  const begun = (async () => manager.launch(params, launched, arrived))();
  const manage = begun.catch((error: unknown) => {
    if (error instanceof InterruptError) throw error;
    failures.push(...failuresOf(error));
  });
  const end = manage.finally(() => {
    launching = false;
    arrived.notify();
  });
  end.catch(() => {});
  for (;;) {
    for (const config of launched.splice(0)) joins.push(joinAll(manager, config, params, failures));
    if (!launching) break;
    await arrived.wait();
  }
  const givenUp = await end.catch((error: unknown) => error);
  const pids = (await Promise.all(joins)).flat().sort((a, b) => a - b);
  if (givenUp || params.signal?.aborted) {
    await rmprocs(...pids);
    throw givenUp ?? new InterruptError(undefined, { cause: params.signal?.reason });
  }
  if (pids.length === 0 && failures.length === 0 && expected !== 0) {
    failures.push({ host: "?", stage: "launch", reason: "the manager started no workers" });
  }
  return { pids, failures };
}

function failuresOf(error: unknown): readonly LaunchFailure[] {
  if (error instanceof LaunchError) return error.failures;
  return [{ host: "local", stage: "launch", reason: error instanceof Error ? error.message : String(error) }];
}

/** The worker, and those that it is to start on its host. */
async function joinAll(
  manager: ClusterManager,
  config: WorkerConfig,
  params: LaunchParams,
  failures: LaunchFailure[],
): Promise<number[]> {
  try {
    const record = await joinWorker(nextPid(), manager, config, params);
    const further = await launchFurther(record, params);
    const joins = further.map((config) => joinAll(manager, config, params, failures));
    return [record.member.pid, ...(await Promise.all(joins)).flat()];
  } catch (error) {
    if (!(error instanceof JoinError)) throw error;
    failures.push(error.failure);
    return [];
  }
}

/** `count` workers on a host: the first one starts the others there and passes on what they write. */
async function launchFurther(record: WorkerRecord, params: LaunchParams): Promise<WorkerConfig[]> {
  const { config, remote } = record;
  const count = config.count ?? 1;
  if (count === 1) return [];
  const message: ClusterMessage = {
    op: "launch",
    workers: {
      count: count === "auto" ? "auto" : count - 1,
      exename: config.exename ?? "",
      exeflags: [...(config.exeflags ?? params.exeflags)],
      dir: params.dir,
      env: params.env,
      bindTo: config.bindAddr ?? "",
    },
  };
  const ospids = (await remote.request(Kind.CLUSTER, encodeValue(message, remote))) as number[];
  return ospids.map((ospid) => {
    const { count: _count, ...same } = config;
    return { ...same, ...relayedChild(remote.pid, ospid), ospid };
  });
}

function agreeOnRules({ topology, lazy }: LaunchParams): void {
  const rules: ClusterRules = { topology, lazy };
  if (roster.size === 0) {
    cluster.rules = rules;
    cluster.members.set(1, { pid: 1, host: self.host });
    return;
  }
  if (cluster.rules.topology !== topology) {
    throw new UsageError(
      `addprocs: topology "${topology}" does not go with the workers there are, whose topology is "${cluster.rules.topology}"`,
    );
  }
  if (cluster.rules.lazy !== lazy) throw new UsageError("addprocs: lazy must be the same for all workers");
}

const DEFAULT_TIMEOUT_S = 60;

/** TJL_WORKER_TIMEOUT in milliseconds. Throws a UsageError when it is not a number of seconds. */
export function workerTimeoutMs(): number {
  const text = process.env.TJL_WORKER_TIMEOUT;
  if (!text) return DEFAULT_TIMEOUT_S * 1000;
  const seconds = Number(text);
  if (seconds > 0 && seconds < 2 ** 21) return seconds * 1000;
  throw new UsageError(`TJL_WORKER_TIMEOUT is a number of seconds, not "${text}"`);
}
