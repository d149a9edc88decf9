/**
 * What a cluster manager is: it starts processes and hands back a stream or an address. It never sees a message.
 * LocalManager, SSHManager and SlurmManager use nothing but this; so can a manager of your own.
 */
import type { Duplex, Readable } from "node:stream";
import type { Condition } from "../refs/condition.ts";

export type Topology = "all_to_all" | "master_worker" | "custom";

/** What `addprocs` was asked for: every option with its default filled in, the cookie, and the command of a worker. */
export interface LaunchParams {
  /** Working directory of the workers. Default: the master's. */
  dir: string;
  /** The Node that runs a worker. Default: the one that runs the master. */
  exename: string;
  /** Flags for that Node. */
  exeflags: readonly string[];
  /** Variables added to the environment of the workers. */
  env: Readonly<Record<string, string>>;
  topology: Topology;
  /** Whether workers connect to each other on first use (default) or at once. */
  lazy: boolean;
  /** Whether workers listen on loopback or Unix-domain sockets only (default) where the manager has the choice. */
  restrict: boolean;
  /** The secret of the cluster, 64 hexadecimal digits. A worker reads it as the first line of its stdin. */
  cookie: string;
  /** The words that start a worker on this host: Node, its flags, the worker's file, `--worker`. */
  command: readonly string[];
  /** Aborted when the start is to be given up. */
  signal?: AbortSignal;
  /** Whatever else was given to `addprocs` or as `--manager-opt`. */
  [option: string]: unknown;
}

/** What a manager knows of one worker. Every field may stay unset; `io`, or `host` and `port`, or `connect` is needed. */
export interface WorkerConfig {
  /** The worker's stdout: its announce line is read from here, then its output is shown from here. */
  io?: Readable;
  /** The worker's stderr, where it is apart. */
  stderr?: Readable;
  /** Where it listens, when there is no `io`: a host name or address, or the path of a Unix-domain socket. */
  host?: string;
  port?: number;
  /** Workers wanted on that host; the first one starts the others. "auto" is one per core there. */
  count?: number | "auto";
  exename?: string;
  exeflags?: readonly string[];
  /** The manager's own; never touched. */
  userdata?: unknown;
  /** Traffic goes through the manager's own connection instead of to the announced address. */
  tunnel?: boolean;
  /** Address, with or without port, that the worker is told to listen on. */
  bindAddr?: string;
  sshflags?: readonly string[];
  maxParallel?: number;
  /** With topology "custom": the name of this worker, and the names of those it connects to. */
  ident?: unknown;
  connectIdents?: readonly unknown[];
  /** Process id on its own host. */
  ospid?: number;
  /** What the process's end was, once known; the master waits for it a moment to name the reason. */
  exited?: Promise<{ exitCode?: number | undefined; signal?: string | undefined; reason?: string | undefined }>;
  /** The name of its host as people know it, for messages. Default: what the worker says. */
  hostLabel?: string;
}

/**
 * Subclass this to start workers in a way of your own and hand an instance to `addprocs`.
 *
 * `launch` pushes a WorkerConfig on `launched` and notifies `c` for each worker as it starts; workers join while it still runs, and
 * its end says that all were launched. `manage` hears of every change in a worker's life, once each.
 *
 * @example
 * class Pair extends LocalManager {
 *   constructor() {
 *     super({ count: 2 });
 *   }
 * }
 * console.log((await addprocs(new Pair())).length); // 2
 */
export abstract class ClusterManager {
  abstract launch(params: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void>;
  abstract manage(
    id: number,
    config: WorkerConfig,
    op: "register" | "deregister" | "interrupt" | "finalize",
  ): void | Promise<void>;
  /** A transport of its own for the connection from the master to worker `id`. */
  connect?(id: number, config: WorkerConfig): Promise<Duplex>;
  /** Ends a worker that did not end when asked to. */
  kill?(id: number, config: WorkerConfig): Promise<void>;
}
