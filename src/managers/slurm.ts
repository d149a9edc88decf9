/**
 * SlurmManager: workers from Slurm. Inside an allocation (salloc, sbatch) they are tasks of a step on it; outside, a job is submitted
 * and waited for. Either way an agent runs `srun`, which starts them all, and each calls this process back: in any order, from any
 * node, with no port open on the nodes that a firewall would have to know. What a start needs is loaded when there is one.
 */
import type { Duplex } from "node:stream";
import { InterruptError, UsageError } from "../errors.ts";
import { ClusterManager, type LaunchParams, type WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import type { Condition } from "../runtime/refs/condition.ts";
import { type JobRequest, scriptFor, slurmFlags } from "./slurm-job.ts";
import type { SlurmWorker } from "./slurm-launch.ts";

/** Options that are not listed are flags of Slurm: `{ mem: "4G", constraint: "a100", n: 2 }`. */
export interface SlurmManagerOptions {
  /** How many workers. Default: all tasks of the allocation; 1 where a job is submitted. */
  count?: number | string | undefined;
  partition?: string | undefined;
  account?: string | undefined;
  time?: string | undefined;
  nodes?: number | string | undefined;
  gres?: string | undefined;
  /** More flags, ready-made: `--mem=4G --exclusive`. */
  flags?: string | readonly string[] | undefined;
  /** The address of this host as the nodes see it. Default: all of its addresses are tried. */
  address?: string | undefined;
  /** The port to be called back on. Default: any free one. */
  port?: number | string | undefined;
  [flag: string]: unknown;
}

/**
 * Starts workers through Slurm.
 *
 * @example
 * // not run: needs a Slurm cluster
 * const pids = await addprocs(new SlurmManager({ count: 64, partition: "short", time: "1:00:00" }));
 */
export class SlurmManager extends ClusterManager {
  readonly count: number;
  readonly #flags: readonly string[];
  readonly #address: JobRequest["address"];
  #cancel: (() => Promise<void>) | undefined;

  constructor(options: SlurmManagerOptions = {}) {
    super();
    const count = options.count ?? (inAllocation() ? process.env.SLURM_NTASKS : undefined) ?? 1;
    this.count = Number(count);
    if (!Number.isInteger(this.count) || this.count < 1) {
      throw new UsageError(`the number of workers is a whole number from 1 up, not ${String(count)}`);
    }
    this.#flags = slurmFlags(options);
    const { address, port } = options;
    if (address !== undefined || port !== undefined)
      this.#address = { host: address ?? "0.0.0.0", port: Number(port ?? 0) };
  }

  /** What would be given to sbatch; outside an allocation. */
  jobScript(): string {
    return scriptFor(this.#request(process.cwd()), "<addresses of this host>", "<a secret of this run>", "/dev/null");
  }

  #request(dir: string, signal?: AbortSignal): JobRequest {
    return { tasks: this.count, flags: this.#flags, dir, address: this.#address, signal };
  }

  async launch(params: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void> {
    const { launchStep } = await import("./slurm-launch.ts");
    const request = this.#request(params.dir, params.signal);
    try {
      await launchStep(request, inAllocation(), params, {
        runs: (cancel) => {
          this.#cancel = cancel;
        },
        started(config) {
          launched.push(config);
          c.notify();
        },
      });
    } catch (error) {
      if (params.signal?.aborted) throw new InterruptError(undefined, { cause: params.signal.reason });
      throw error;
    }
  }

  manage(_id: number, config: WorkerConfig, op: "register" | "deregister" | "interrupt" | "finalize"): void {
    const { signals, who } = config.userdata as SlurmWorker;
    if (op === "interrupt") signals.interrupt(who);
    if (op === "deregister") signals.isGone(who);
  }

  override connect(_id: number, config: WorkerConfig): Promise<Duplex> {
    return (config.userdata as SlurmWorker).connect(config);
  }

  override async kill(_id: number, config: WorkerConfig): Promise<void> {
    const { signals, who } = config.userdata as SlurmWorker;
    await signals.kill(who);
  }

  /** Takes our job out of Slurm at once; also done when the last worker goes and when this process ends. */
  async cancel(): Promise<void> {
    await this.#cancel?.();
  }
}

function inAllocation(): boolean {
  return process.env.SLURM_JOB_ID !== undefined;
}
