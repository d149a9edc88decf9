/** LocalManager: workers on this host. What `tjl -p n` and `addprocs(n)` use. */
import { availableParallelism } from "node:os";
import { UsageError } from "../errors.ts";
import { ClusterManager, type LaunchParams, type WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import { helloFromHere } from "../runtime/cluster/hello.ts";
import { spawnWorker } from "../runtime/cluster/spawn-workers.ts";
import type { Condition } from "../runtime/refs/condition.ts";
import { startInTurn } from "./start-in-turn.ts";

export interface LocalManagerOptions {
  /** How many workers; "auto" is one per core that this process may use. */
  count?: number | "auto";
}

/**
 * Starts workers on this host.
 *
 * @example
 * const pids = await addprocs(new LocalManager({ count: 2 }));
 * console.log(pids.length); // 2
 */
export class LocalManager extends ClusterManager {
  readonly count: number;

  constructor(options: LocalManagerOptions = {}) {
    super();
    const { count = "auto" } = options;
    this.count = count === "auto" ? availableParallelism() : Number(count);
    if (!Number.isInteger(this.count) || this.count < 1) {
      throw new UsageError(`the number of workers is a whole number from 1 up, or "auto", not ${String(count)}`);
    }
  }

  async launch(params: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void> {
    const { command, cookie, dir, env, restrict, signal } = params;
    const bindTo = restrict ? undefined : "0.0.0.0";
    const start = async () => {
      const { child, exited } = spawnWorker({ command, cookie, dir, env, bindTo, hello: helloFromHere() });
      const config: WorkerConfig = { exited, hostLabel: "local" };
      if (child.stdout) config.io = child.stdout;
      if (child.stderr) config.stderr = child.stderr;
      if (child.pid) config.ospid = child.pid;
      launched.push(config);
      c.notify();
      return config;
    };
    await startInTurn(
      Array.from({ length: this.count }, () => start),
      availableParallelism(),
      signal,
    );
  }

  manage(_id: number, config: WorkerConfig, op: "register" | "deregister" | "interrupt" | "finalize"): void {
    // To the whole group, as a terminal does: a program that the worker waits for ends too.
    if (op === "interrupt" && config.ospid) send(-config.ospid, "SIGINT");
  }

  override async kill(_id: number, config: WorkerConfig): Promise<void> {
    if (config.ospid) this.killNow(config.ospid);
  }

  /** Ends the process and what it has started, at once. */
  killNow(ospid: number): void {
    send(-ospid, "SIGKILL");
    send(ospid, "SIGKILL");
  }
}

function send(ospid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(ospid, signal);
  } catch {
    // It has ended already.
  }
}
