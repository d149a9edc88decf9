/** Looks at one machine of a machine file as a start of workers would, step by step, and changes nothing there. For `tjl doctor`. */
import { createServer, type Server } from "node:net";
import type { LaunchFailure } from "../errors.ts";
import { connect } from "../runtime/wire/transports.ts";
import { ownAddresses } from "./call-back.ts";
import { formatMachine, type Machine } from "./machinefile.ts";
import type { RemoteAgent } from "./remote-agent.ts";
import { type AgentQuery, leaseAgent } from "./ssh-pool.ts";
import { StageError } from "./stage.ts";

export interface MachineReport {
  /** As the machine file has it, without the count. */
  host: string;
  /** The step that failed; then nothing else is known. */
  failure?: LaunchFailure;
  facts?: MachineFacts;
}

export interface MachineFacts {
  /** From nothing to a program of ours that answers there. */
  loginMs: number;
  node: string;
  platform: string;
  cores: number;
  program: "installed" | "kept" | "missing";
  /** How far its clock is ahead of ours. */
  clockMs: number;
  /** Through the SSH connection. */
  roundTripMs: number;
  /** Straight to a port there, and from there to a port here: the time, or why not. */
  there: number | string;
  back: number | string;
}

const TRY_MS = 3000;

export async function checkMachine(
  machine: Machine,
  options: Pick<AgentQuery, "flags" | "sshcmd" | "shell"> = {},
): Promise<MachineReport> {
  const { host, user, port, bindAddr } = machine;
  const label = formatMachine({ count: 1, host, ...(user && { user }), ...(port && { port }) });
  try {
    const started = performance.now();
    const query: AgentQuery = { host, user, port, ...options, nodes: [process.execPath], lookAround: true };
    const { value: agent, release } = await leaseAgent(query);
    const loginMs = performance.now() - started;
    try {
      return { host: label, facts: { loginMs, ...(await factsOf(agent, bindAddr)) } };
    } finally {
      release();
    }
  } catch (error) {
    const failure =
      error instanceof StageError
        ? error.failureOn(label)
        : { host: label, stage: "start", reason: (error as Error).message };
    return { host: label, failure };
  }
}

async function factsOf(agent: RemoteAgent, bindAddr: string | undefined): Promise<Omit<MachineFacts, "loginMs">> {
  const { node, platform, cores, address } = agent.hello;
  const program = await agent.programThere();
  const pings = [await agent.ping(), await agent.ping(), await agent.ping()].sort((a, b) => a.tookMs - b.tookMs);
  const { now, tookMs } = pings[0] as (typeof pings)[number];
  const own = bindAddr?.replace(/:\d+$/, "").replace(/^\[|\]$/g, "") ?? address;
  return {
    node,
    platform,
    cores,
    program,
    clockMs: now + tookMs / 2 - Date.now(),
    roundTripMs: tookMs,
    there: await attempt(async () => {
      if (!own) throw new Error("its address is not known");
      const port = await agent.listen(own);
      return () => connect({ host: own, port }, { timeoutMs: TRY_MS });
    }),
    back: await withServer((port) =>
      attempt(async () => async () => {
        const ways = ownAddresses().map((host) => agent.open({ host, port }));
        return Promise.any(ways);
      }),
    ),
  };
}

/** How long it takes to connect, or why it cannot be. */
async function attempt(prepare: () => Promise<() => Promise<{ destroy(): void }>>): Promise<number | string> {
  try {
    const open = await prepare();
    const started = performance.now();
    const late = new Promise<never>((_, reject) => setTimeout(reject, TRY_MS, new Error("no answer")).unref());
    const stream = await Promise.race([open(), late]);
    stream.destroy();
    return performance.now() - started;
  } catch (error) {
    const cause = error instanceof AggregateError ? error.errors[0] : error;
    return String((cause as Error).message).replace(/^cannot connect to \S+: /, "");
  }
}

function withServer<T>(body: (port: number) => Promise<T>): Promise<T> {
  const server: Server = createServer((socket) => socket.on("error", () => {}).end());
  return new Promise<T>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "0.0.0.0", () => {
      const { port } = server.address() as { port: number };
      body(port)
        .then(resolve, reject)
        .finally(() => server.close());
    });
  });
}
