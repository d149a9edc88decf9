/** A start of workers over SSH: one connection and one agent (agent/main.ts) a host; the agent starts all workers there. */
import { setMaxListeners } from "node:events";
import type { Duplex } from "node:stream";
import { InterruptError, LaunchError, type LaunchFailure } from "../errors.ts";
import { workerFile } from "../package.ts";
import type { LaunchParams, WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import { connect } from "../runtime/wire/transports.ts";
import { type Asker, around, currentAsker } from "./asker.ts";
import { formatMachine, type Machine } from "./machinefile.ts";
import type { RemoteAgent } from "./remote-agent.ts";
import type { SshWay } from "./ssh.ts";
import { type AgentQuery, type Lease, Limit, leaseAgent } from "./ssh-pool.ts";
import { StageError } from "./stage.ts";
import { startInTurn } from "./start-in-turn.ts";

/** The userdata of a worker. */
export interface SshWorker {
  signal(name: NodeJS.Signals): void;
  /** A connection to an address as its host sees it. */
  connect(address: { host?: string | undefined; port?: number | undefined }): Promise<Duplex>;
}

/** Starts the workers on all machines; `started` gets each as it comes. Rejects with a LaunchError that names the machines that failed. */
export async function launchOnMachines(
  machines: readonly Machine[],
  way: SshWay,
  given: LaunchParams,
  started: (config: WorkerConfig) => void,
): Promise<void> {
  const limit = new Limit(way.maxParallel);
  const stop = new AbortController();
  const signal = given.signal ? AbortSignal.any([given.signal, stop.signal]) : stop.signal;
  setMaxListeners(0, signal); // every step on every host listens
  const start: Start = { way, params: { ...given, signal }, asker: stoppedByInterrupt(currentAsker(), stop), started };
  const hosts = byHost(machines).map((machines) => limit.run(() => startOn(machines, start)));
  const failures = (await Promise.all(hosts)).flat();
  if (signal.aborted) throw new InterruptError(undefined, { cause: signal.reason });
  if (failures.length > 0) throw new LaunchError(failures);
}

/** One start, the same for all machines. */
interface Start {
  way: SshWay;
  params: LaunchParams;
  asker: Asker | undefined;
  started: (config: WorkerConfig) => void;
}

/** Ctrl-C at a question gives up the whole start that asked. */
function stoppedByInterrupt(asker: Asker | undefined, stop: AbortController): Asker | undefined {
  const watch = async (ask: () => Promise<string | undefined>) => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof InterruptError) stop.abort(error);
      throw error;
    }
  };
  return asker && around(asker, watch);
}

/** Everything that was asked for on one host. Gives what failed; the other hosts go on. */
async function startOn(machines: readonly Machine[], { way, params, asker, started }: Start): Promise<LaunchFailure[]> {
  const [first] = machines as [Machine];
  const label = labelOf(first);
  const failures: LaunchFailure[] = [];
  const note = (error: unknown) => failures.push(failureOf(error, label));
  let lease: Awaited<ReturnType<typeof leaseAgent>> | undefined;
  try {
    lease = await leaseAgent({ ...queryFor(first, way, params), asker });
    const agent = lease.value;
    const file = await agent.workerFile();
    const tunnel = way.tunnel ?? (lease.isIndirect || agent.hello.address === undefined);
    const places = machines.flatMap((machine) => placesFor(machine, agent, tunnel));
    const uses = new Uses(lease, places.length);
    lease = undefined;
    const starts = places.map((bindTo) => async () => {
      try {
        const config = await startWorker(agent, { file, bindTo, tunnel: tunnel !== false, label, params, uses });
        started(config);
        return config;
      } catch (error) {
        uses.over();
        note(error);
        return undefined;
      }
    });
    await startInTurn(starts, agent.hello.cores);
  } catch (error) {
    lease?.release();
    note(error);
  }
  return failures;
}

function queryFor({ host, user, port }: Machine, way: SshWay, params: LaunchParams): AgentQuery {
  const { sshflags: flags, sshcmd, shell } = way;
  // The Node of this host is a guess there; one that was asked for must be there.
  const lookAround = params.exename === process.execPath;
  return { host, user, port, flags, sshcmd, shell, nodes: [params.exename], lookAround, signal: params.signal };
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

function suggestTunnel(error: Error): never {
  throw new Error(`${error.message}. If a firewall is between: tunnel: true sends all through the SSH connection`, {
    cause: error,
  });
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

interface WorkerPlan {
  file: string;
  bindTo: string;
  tunnel: boolean;
  label: string;
  params: LaunchParams;
  uses: Uses;
}

async function startWorker(
  agent: RemoteAgent,
  { file, bindTo, tunnel, label, params, uses }: WorkerPlan,
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
  const userdata: SshWorker = {
    signal: (name) => worker.kill(name),
    connect: ({ host = "", port = 0 }) =>
      tunnel ? openTunnel(agent, { host, port }) : connect({ host, port }).catch(suggestTunnel),
  };
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
