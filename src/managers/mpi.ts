/**
 * MPIManager: workers that `mpiexec` starts, Open MPI's or MPICH's, for clusters where that knows the hosts and the way to them. Each
 * worker calls this process back. MPI itself is not used: no worker has to be an MPI program.
 */
import type { Duplex } from "node:stream";
import { UsageError } from "../errors.ts";
import { ClusterManager, type LaunchParams, type WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import type { Condition } from "../runtime/refs/condition.ts";
import type { MpiWorker } from "./mpi-launch.ts";

export interface MPIManagerOptions {
  /** How many workers. Default: 1. */
  count?: number | string | undefined;
  /** The program and flags that always come first. Default: "mpiexec". */
  mpiexec?: string | readonly string[] | undefined;
  /** Its flags: `--hostfile hosts.txt --map-by node`. */
  flags?: string | readonly string[] | undefined;
  /** The address of this host as the others see it. Default: all of its addresses are tried. */
  address?: string | undefined;
  /** The port to be called back on. Default: any free one. */
  port?: number | string | undefined;
}

/**
 * Starts workers through mpiexec. All of them end together: mpiexec ends the others when one is killed.
 *
 * @example
 * // not run: needs MPI and its hosts
 * const pids = await addprocs(new MPIManager({ count: 8, flags: "--hostfile hosts.txt" }));
 */
export class MPIManager extends ClusterManager {
  readonly count: number;
  readonly #words: readonly string[];
  readonly #address: { host: string; port: number } | undefined;

  constructor(options: MPIManagerOptions = {}) {
    super();
    const { count = 1, mpiexec = "mpiexec", flags = [], address, port, ...unknown } = options;
    const [name] = Object.keys(unknown);
    if (name)
      throw new UsageError(`the mpi manager has no option ${name}; there are count, mpiexec, flags, address, port`);
    this.count = Number(count);
    if (!Number.isInteger(this.count) || this.count < 1) {
      throw new UsageError(`the number of workers is a whole number from 1 up, not ${String(count)}`);
    }
    this.#words = [...words(mpiexec), ...words(flags)];
    if (address !== undefined || port !== undefined)
      this.#address = { host: address ?? "0.0.0.0", port: Number(port ?? 0) };
  }

  async launch(params: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void> {
    const { launchByMpi } = await import("./mpi-launch.ts");
    await launchByMpi({ count: this.count, words: this.#words, address: this.#address }, params, (config) => {
      launched.push(config);
      c.notify();
    });
  }

  manage(): void {}

  override connect(_id: number, config: WorkerConfig): Promise<Duplex> {
    return (config.userdata as MpiWorker).connect(config);
  }

  override async kill(_id: number, config: WorkerConfig): Promise<void> {
    (config.userdata as MpiWorker).kill();
  }
}

function words(text: string | readonly string[]): readonly string[] {
  return typeof text === "string" ? text.split(/\s+/).filter(Boolean) : text;
}
