/** addprocs: picks the manager, fills in the options, launches. */
import { LaunchError, UsageError } from "../errors.ts";
import { demandKnownOptions } from "../known-options.ts";
import { workerCommand } from "../package.ts";
import { ClusterManager, type LaunchParams, type Topology } from "../runtime/cluster/cluster-manager.ts";
import { helloFromHere } from "../runtime/cluster/hello.ts";
import { clusterCookie, type Launched, launchWorkers } from "../runtime/cluster/launch.ts";
import { shutdownWithProcess } from "../runtime/cluster/leave.ts";
import { roster } from "../runtime/cluster/roster.ts";
import { topologies } from "../runtime/cluster/topology.ts";
import { contextSignal } from "../runtime/refs/context.ts";
import { self } from "../runtime/wire/identity.ts";
import type { Hello } from "../runtime/wire/messages.ts";
import { LocalManager } from "./local.ts";
import { type ProcessVersion, versionWarning } from "./versions.ts";

export interface AddprocsOptions {
  /** Working directory of the workers. Default: that of this process. */
  dir?: string;
  /** The Node that runs a worker. Default: the one that runs this process. */
  exename?: string;
  /** Flags for that Node: a list, or words apart by blanks. */
  exeflags?: string | readonly string[];
  /** Variables added to the environment of the workers. */
  env?: Readonly<Record<string, string>>;
  /** Which workers connect to each other. Default: "all_to_all". */
  topology?: Topology;
  /** Whether workers connect to each other on first use. Default: true. */
  lazy?: boolean;
  /** Whether workers can be reached from this host only, where that is possible. Default: true. */
  restrict?: boolean;
  /** Gives the start up; what has started is ended. */
  signal?: AbortSignal;
}

export interface SshOptions extends AddprocsOptions {
  /** Traffic to the worker goes through the SSH connection. */
  tunnel?: boolean;
  /** Runs this program instead of the built-in SSH client: "ssh". */
  sshcmd?: string;
  sshflags?: string | readonly string[];
  /** How many hosts are connected to at the same time. */
  maxParallel?: number;
  shell?: "posix" | "csh" | "fish";
}

export type Machine = string | readonly [machine: string, count: number | "auto"];

const known = ["dir", "exename", "exeflags", "env", "topology", "lazy", "restrict", "signal"];
const knownForSsh = [...known, "tunnel", "sshcmd", "sshflags", "maxParallel", "shell"];

/**
 * Starts workers and gives their ids, ascending: `n` on this host (`"auto"`: one per core), on machines over SSH, or from a manager
 * of your own. When some do not start, the others are used and the failures are told on stderr; when none does, rejects with
 * LaunchError. Only on process 1.
 *
 * @example
 * const pids = await addprocs(2);
 * console.log(await Promise.all(pids.map((pid) => remotecallFetch(pid, () => 6 * 7)))); // [ 42, 42 ]
 */
export async function addprocs(n?: number | "auto", options?: AddprocsOptions): Promise<number[]>;
export async function addprocs(machines: readonly Machine[], options?: SshOptions): Promise<number[]>;
export async function addprocs(
  manager: ClusterManager,
  options?: AddprocsOptions & Record<string, unknown>,
): Promise<number[]>;
export async function addprocs(
  what: number | "auto" | readonly Machine[] | ClusterManager = "auto",
  options: AddprocsOptions = {},
): Promise<number[]> {
  if (self.pid !== 1) throw new UsageError("addprocs: only process 1 can add workers");
  const { pids, failures } = await launchFrom(what, options);
  if (pids.length === 0) throw new LaunchError(failures);
  if (failures.length > 0) tellers.failures(new LaunchError(failures, pids));
  return pids;
}

/** The same, with the failures beside the workers that started. */
export async function launchFrom(
  what: number | "auto" | readonly Machine[] | ClusterManager,
  options: AddprocsOptions = {},
): Promise<Launched> {
  const manager = await managerFor(what, options);
  const count = manager instanceof LocalManager ? manager.count : undefined;
  const signal = contextSignal(options.signal);
  shutdownWithProcess();
  const launched = await launchWorkers(manager, launchParams({ ...options, ...(signal && { signal }) }), count);
  const warning = versionWarning(versionOf(1, helloFromHere()), launched.pids.flatMap(versionOfWorker));
  if (warning) warn(warning);
  return launched;
}

function versionOf(pid: number, { host, version, node, platform }: Hello): ProcessVersion {
  return { pid, host, tjulia: version, node, platform };
}

function versionOfWorker(pid: number): ProcessVersion[] {
  const worker = roster.get(pid);
  return worker ? [versionOf(pid, worker.hello)] : [];
}

async function managerFor(
  what: number | "auto" | readonly Machine[] | ClusterManager,
  options: AddprocsOptions,
): Promise<ClusterManager> {
  if (Array.isArray(what)) {
    demandKnownOptions("addprocs", options, knownForSsh);
    if (what.length === 0) throw new UsageError("addprocs: the list of machines is empty");
    const { SSHManager } = await import("./ssh.ts");
    return new SSHManager({ machines: what as Machine[], ...options });
  }
  if (typeof what === "object") {
    if (what instanceof ClusterManager || typeof (what as unknown as ClusterManager)?.launch === "function") {
      return what as unknown as ClusterManager;
    }
    throw new UsageError("addprocs: expected a number, a list of machines or a ClusterManager");
  }
  demandKnownOptions("addprocs", options, known);
  return new LocalManager({ count: what as number | "auto" });
}

/** Every option with its default. Throws a UsageError for values that have no meaning. */
export function launchParams(options: AddprocsOptions): LaunchParams {
  const { topology = "all_to_all", exename = process.execPath, signal, ...others } = options;
  if (!topologies.includes(topology)) {
    throw new UsageError(`addprocs: topology is one of ${topologies.join(", ")}, not ${String(topology)}`);
  }
  const exeflags = words(options.exeflags);
  for (const [name, value] of Object.entries(options.env ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new UsageError(`addprocs: "${name}" cannot name a variable of the environment`);
    if (typeof value !== "string") throw new UsageError(`addprocs: the variable ${name} is not a string`);
  }
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  return {
    lazy: true,
    restrict: true,
    ...given,
    dir: options.dir ?? process.cwd(),
    exename,
    exeflags,
    env: options.env ?? {},
    topology,
    cookie: clusterCookie(),
    command: workerCommand(exename, exeflags),
    ...(signal && { signal }),
  };
}

function words(flags: string | readonly string[] | undefined): readonly string[] {
  return typeof flags === "string" ? flags.split(/\s+/).filter(Boolean) : (flags ?? []);
}

export interface LaunchTellers {
  /** Workers that did not start while others did. */
  failures(error: LaunchError): void;
  warning(text: string): void;
}

const warn = (text: string) => tellers.warning(text);

let tellers: LaunchTellers = {
  failures: (error) => warn(error.message),
  warning: (text) => void process.stderr.write(`tjl: ${text}\n`),
};

/** How what a start has to say beside its result is told; the command line renders it for people. */
export function onLaunchNews(telling: LaunchTellers): void {
  tellers = telling;
}
