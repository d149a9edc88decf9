/**
 * SSHManager: workers on other hosts, which need an SSH server and Node and nothing else. What `tjl --machinefile` and
 * `addprocs(["host", …])` use. What a start needs is loaded when there is one.
 */
import type { Duplex } from "node:stream";
import { UsageError } from "../errors.ts";
import { ClusterManager, type LaunchParams, type WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import type { Condition } from "../runtime/refs/condition.ts";
import { type Machine, type MachineSpec, parseMachine } from "./machinefile.ts";
import type { SshWorker } from "./ssh-launch.ts";

export interface SSHManagerOptions {
  /** As in a machine file: `4*ada@lab1:2222 10.0.0.7`, or a machine and its count. */
  machines: readonly (MachineSpec | Machine)[];
  /**
   * `true`: what this process and the workers say to each other goes through the SSH connection. `"all"`: what workers of different hosts
   * say to each other too, through this process; then no port is open to the network. Default: `true` for hosts
   * behind ProxyJump or ProxyCommand, else `false`.
   */
  tunnel?: boolean | "all" | undefined;
  /** The system's `ssh`, or a program that takes the same words, instead of the built-in client. */
  sshcmd?: string | readonly string[] | undefined;
  /** Flags as for ssh: `-F file`, `-i key`, `-o Option=value`, `-J jump`. */
  sshflags?: string | readonly string[] | undefined;
  /** How many hosts are connected to at the same time. Default: 8. */
  maxParallel?: number | undefined;
  /** The program that looks for Node there: `sh` (default), or `bash -l` to have the login files read before. */
  shell?: string | undefined;
}

/**
 * Starts workers on other hosts over SSH.
 *
 * @example
 * // not run: the machines are not at hand
 * const manager = new SSHManager({ machines: ["2*lab1", ["ada@lab2", "auto"]], tunnel: true });
 * const pids = await addprocs(manager);
 */
export class SSHManager extends ClusterManager {
  readonly machines: readonly Machine[];
  readonly #way: SshWay;

  constructor(options: SSHManagerOptions) {
    super();
    this.machines = options.machines.map((machine) => (isMachine(machine) ? machine : parseMachine(machine)));
    if (this.machines.length === 0) throw new UsageError("the list of machines is empty");
    this.#way = {
      tunnel: options.tunnel,
      sshcmd: options.sshcmd ? words(options.sshcmd) : undefined,
      sshflags: words(options.sshflags ?? []),
      maxParallel: atLeastOne(options.maxParallel ?? 8),
      shell: shellWords(options.shell),
    };
  }

  async launch(params: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void> {
    const { launchOnMachines } = await import("./ssh-launch.ts");
    await launchOnMachines(this.machines, this.#way, params, (config) => {
      launched.push(config);
      c.notify();
    });
  }

  manage(_id: number, config: WorkerConfig, op: "register" | "deregister" | "interrupt" | "finalize"): void {
    if (op === "interrupt") (config.userdata as SshWorker).signal("SIGINT");
  }

  override connect(_id: number, config: WorkerConfig): Promise<Duplex> {
    return (config.userdata as SshWorker).connect(config);
  }

  override async kill(_id: number, config: WorkerConfig): Promise<void> {
    (config.userdata as SshWorker).signal("SIGKILL");
  }
}

/** The options that say how the machines are reached, all decided. */
export interface SshWay {
  readonly tunnel: boolean | "all" | undefined;
  readonly sshcmd: readonly string[] | undefined;
  readonly sshflags: readonly string[];
  readonly maxParallel: number;
  readonly shell: string;
}

function isMachine(machine: MachineSpec | Machine): machine is Machine {
  return typeof machine === "object" && "host" in machine;
}

function words(text: string | readonly string[]): readonly string[] {
  return typeof text === "string" ? text.split(/\s+/).filter(Boolean) : text;
}

function atLeastOne(count: number): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UsageError(`maxParallel is a whole number from 1 up, not ${String(count)}`);
}

/** "posix", "csh" and "fish" name login shells, and all of these understand what they are asked. */
function shellWords(shell = "sh"): string {
  if (["posix", "csh", "fish"].includes(shell)) return "sh";
  if (/^[\w./+-]+( [\w./+-]+)*$/.test(shell)) return shell;
  throw new UsageError(`shell is a program there and its flags, such as "bash -l", not ${JSON.stringify(shell)}`);
}
