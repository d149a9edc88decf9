/** What the processes of a cluster tell each other about its members. Types only; the messages go as Kind.CLUSTER. */
import type { ProcessExit } from "../../errors.ts";
import type { Topology } from "./cluster-manager.ts";

/** Where a process listens. */
export interface Address {
  /** A Unix-domain path when `port` is 0, else a host name or address. */
  readonly host: string;
  readonly port: number;
}

export interface Member {
  readonly pid: number;
  readonly host: string;
  /** Undefined for process 1, which connects and is not connected to. */
  readonly address?: Address | undefined;
  readonly ident?: unknown;
  readonly connectIdents?: readonly unknown[] | undefined;
}

/** What a worker that calls its master, instead of being called, says of itself first. */
export interface CallerInfo {
  /** Which of the workers it is: the number that Slurm or MPI gave it. */
  readonly task: number;
  readonly host: string;
  readonly ospid: number;
  /** Job and step of Slurm, `12.0`. */
  readonly step?: string | undefined;
  /** Where other workers reach it. */
  readonly address: Address;
}

/** Options that hold for the whole cluster. */
export interface ClusterRules {
  readonly topology: Topology;
  readonly lazy: boolean;
}

/** How a worker is started from another one on its host. */
export interface FurtherWorkers {
  /** "auto": one per core of that host, the first one included. */
  readonly count: number | "auto";
  /** The Node to run; empty for the one that the first worker runs. */
  readonly exename: string;
  readonly exeflags: readonly string[];
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where to listen; empty for the way the first worker does. */
  readonly bindTo: string;
}

export type ClusterMessage =
  /** Master to a new worker: who it is, who else there is. Answered when it is ready. */
  | { op: "join"; member: Member; members: readonly Member[]; rules: ClusterRules }
  | { op: "joined"; member: Member }
  | { op: "left"; pid: number; exit: ProcessExit }
  /** End when the calls that run have been answered, or after `graceMs`. */
  | { op: "exit"; graceMs: number }
  /** Stop what runs; the process stays. Answered with the number of calls stopped. Later ones have a larger `order`. */
  | { op: "interrupt"; order: number }
  /** Start further workers on this host; answered with their process ids there. */
  | { op: "launch"; workers: FurtherWorkers }
  /** Open a stream that leads to worker `to`; answered when it is there. See bridge.ts. */
  | { op: "bridge"; to: number }
  /** What such a worker wrote. */
  | { op: "childOutput"; ospid: number; stream: "stdout" | "stderr"; text: Uint8Array }
  | { op: "childEnd"; ospid: number; exitCode?: number | undefined; signal?: string | undefined }
  /** Answered with a WorkerReport. */
  | { op: "report" };

/** What a process tells of itself. Bytes, milliseconds. */
export interface WorkerReport {
  readonly ospid: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** CPU time used so far, user and system. */
  readonly cpuMs: number;
  readonly slots: number;
  readonly handles: number;
  readonly running: readonly RunningInfo[];
}

/** A call that runs. */
export interface RunningInfo {
  /** The name of its function, empty when it has none. */
  readonly name: string;
  /** Where the function stands in its file, `/home/me/job.ts:12`, when it has one. */
  readonly place?: string | undefined;
  /** When it started, ms since the epoch. */
  readonly since: number;
  /** The process that called. */
  readonly from: number;
}

/** What is seen of a process from beside its main thread. */
export interface ControlReport {
  readonly rss?: number;
  readonly cpuMs?: number;
  readonly running?: readonly RunningInfo[];
}
