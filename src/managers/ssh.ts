/**
 * SSHManager: workers on other hosts, which need an SSH server and Node and nothing else. What `tjl --machinefile` and
 * `addprocs(["host", …])` use. One connection and one agent (agent/main.ts) a host; the agent starts all workers there.
 */
import type { Duplex } from "node:stream";
import { InterruptError, LaunchError, type LaunchFailure, UsageError } from "../errors.ts";
import { workerFile } from "../package.ts";
import { ClusterManager, type LaunchParams, type WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import type { Condition } from "../runtime/refs/condition.ts";
import { connect } from "../runtime/wire/transports.ts";
import { formatMachine, type Machine, type MachineSpec, parseMachine } from "./machinefile.ts";
import type { RemoteAgent, StartedWorker } from "./remote-agent.ts";
import { type AgentQuery, type Lease, Limit, leaseAgent } from "./ssh-pool.ts";
import { StageError } from "./stage.ts";

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
 * const manager = new SSHManager({ machines: ["2*lab1", ["ada@lab2", "auto"]], tunnel: true });
 * const pids = await addprocs(manager);
 */
export class SSHManager extends ClusterManager {
  readonly machines: readonly Machine[];
  readonly #tunnel: boolean | "all" | undefined;
  readonly #sshcmd: readonly string[] | undefined;
  readonly #sshflags: readonly string[];
  readonly #maxParallel: number;
  readonly #shell: string;

  constructor(options: SSHManagerOptions) {
    super();
    this.machines = options.machines.map((machine) => (isMachine(machine) ? machine : parseMachine(machine)));
    if (this.machines.length === 0) throw new UsageError("the list of machines is empty");
    this.#tunnel = options.tunnel;
    this.#sshcmd = options.sshcmd ? words(options.sshcmd) : undefined;
    this.#sshflags = words(options.sshflags ?? []);
    this.#maxParallel = atLeastOne(options.maxParallel ?? 8);
    this.#shell = shellWords(options.shell);
  }

  async launch(params: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void> {
    const failures: LaunchFailure[] = [];
    const limit = new Limit(this.#maxParallel);
    const started = (config: WorkerConfig) => {
      launched.push(config);
      c.notify();
    };
    const hosts = byHost(this.machines);
    await Promise.all(hosts.map((machines) => limit.run(() => this.#startOn(machines, params, started, failures))));
    if (params.signal?.aborted) throw new InterruptError(undefined, { cause: params.signal.reason });
    if (failures.length > 0) throw new LaunchError(failures);
  }

  /** Everything that was asked for on one host. Failures are noted; the other hosts go on. */
  async #startOn(
    machines: readonly Machine[],
    params: LaunchParams,
    started: (config: WorkerConfig) => void,
    failures: LaunchFailure[],
  ): Promise<void> {
    const label = labelOf(machines[0] as Machine);
    const note = (error: unknown) => failures.push(failureOf(error, label));
    let lease: Awaited<ReturnType<typeof leaseAgent>> | undefined;
    try {
      lease = await leaseAgent(this.#queryFor(machines[0] as Machine, params));
      const agent = lease.value;
      const file = await agent.workerFile();
      const tunnel = this.#tunnel ?? (lease.isIndirect || agent.hello.address === undefined);
      const places = machines.flatMap((machine) => placesFor(machine, agent, tunnel));
      const uses = new Uses(lease, places.length);
      lease = undefined;
      await Promise.all(
        places.map(async (bindTo) => {
          try {
            started(await startWorker(agent, { file, bindTo, tunnel: tunnel !== false, label, params, uses }));
          } catch (error) {
            uses.over();
            note(error);
          }
        }),
      );
    } catch (error) {
      lease?.release();
      note(error);
    }
  }

  #queryFor({ host, user, port }: Machine, params: LaunchParams): AgentQuery {
    const isDefault = params.exename === process.execPath;
    return {
      host,
      user,
      port,
      flags: this.#sshflags,
      sshcmd: this.#sshcmd,
      shell: this.#shell,
      nodes: [params.exename],
      lookAround: isDefault,
      signal: params.signal,
    };
  }

  manage(_id: number, config: WorkerConfig, op: "register" | "deregister" | "interrupt" | "finalize"): void {
    if (op === "interrupt") userdataOf(config)?.worker.kill("SIGINT");
  }

  override connect(_id: number, config: WorkerConfig): Promise<Duplex> {
    const address = { host: config.host ?? "", port: config.port ?? 0 };
    const agent = userdataOf(config)?.agent;
    return agent && config.tunnel ? openTunnel(agent, address) : connect(address).catch(suggestTunnel);
  }

  override async kill(_id: number, config: WorkerConfig): Promise<void> {
    userdataOf(config)?.worker.kill("SIGKILL");
  }
}

function suggestTunnel(error: Error): never {
  throw new Error(`${error.message}. If a firewall is between: tunnel: true sends all through the SSH connection`, {
    cause: error,
  });
}

interface Userdata {
  agent: RemoteAgent;
  worker: StartedWorker;
}

function userdataOf(config: WorkerConfig): Userdata | undefined {
  return config.userdata as Userdata | undefined;
}

/** Through the SSH connection itself where the server allows that, else through the agent. */
async function openTunnel(agent: RemoteAgent, address: { host: string; port: number }): Promise<Duplex> {
  try {
    if (agent.host.forward) return await agent.host.forward(address);
  } catch (error) {
    if (!/prohibited|not allowed|unknown channel/i.test((error as Error).message)) throw error;
  }
  return agent.open(address);
}

/** Counts the workers that an agent still has; the agent goes with the last one. */
class Uses {
  readonly #lease: Lease<RemoteAgent>;
  #left: number;
  constructor(lease: Lease<RemoteAgent>, count: number) {
    this.#lease = lease;
    this.#left = count;
  }

  over(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#lease.release();
  }
}

interface Start {
  file: string;
  bindTo: string;
  tunnel: boolean;
  label: string;
  params: LaunchParams;
  uses: Uses;
}

async function startWorker(
  agent: RemoteAgent,
  { file, bindTo, tunnel, label, params, uses }: Start,
): Promise<WorkerConfig> {
  const at = params.command.indexOf(workerFile);
  const flags = at < 0 ? params.exeflags : params.command.slice(1, at);
  const timeout = process.env.TJL_WORKER_TIMEOUT;
  const worker = await agent.start({
    words: [...flags, file, "--worker", `--bind-to=${bindTo}`],
    dir: params.dir,
    // This process's own folder is only a guess there.
    otherwise: params.dir === process.cwd() ? "home" : undefined,
    env: { ...(timeout && { TJL_WORKER_TIMEOUT: timeout }), ...params.env },
    cookie: params.cookie,
  });
  worker.exited.then(() => uses.over());
  const userdata: Userdata = { agent, worker };
  return {
    io: worker.stdout,
    stderr: worker.stderr,
    exited: worker.exited,
    ospid: worker.ospid,
    hostLabel: label,
    tunnel,
    userdata,
  };
}

/** Where each worker of one line of a machine file is to listen. */
function placesFor({ count, bindAddr }: Machine, agent: RemoteAgent, tunnel: boolean | "all"): string[] {
  const workers = count === "auto" ? agent.hello.cores : count;
  const address = tunnel === "all" ? "127.0.0.1" : (agent.hello.address ?? "127.0.0.1");
  const own = address.includes(":") ? `[${address}]` : address;
  // Two workers cannot have the same port: the first one gets it.
  return Array.from({ length: workers }, (_, n) => (n === 0 ? bindAddr : bindAddr?.replace(/:\d+$/, "")) ?? own);
}

/** Machines that are the same host, told twice. */
function byHost(machines: readonly Machine[]): Machine[][] {
  const hosts = new Map<string, Machine[]>();
  for (const machine of machines) {
    const key = labelOf(machine);
    hosts.set(key, [...(hosts.get(key) ?? []), machine]);
  }
  return [...hosts.values()];
}

function labelOf({ user, host, port }: Machine): string {
  return formatMachine({ count: 1, host, ...(user && { user }), ...(port && { port }) });
}

function failureOf(error: unknown, host: string): LaunchFailure {
  if (error instanceof StageError) return error.failureOn(host);
  return { host, stage: "start", reason: error instanceof Error ? error.message : String(error) };
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
