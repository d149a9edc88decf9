/**
 * Workers that one program starts all at once, wherever it likes: srun, mpiexec. An agent runs the program, each worker calls this process
 * back, and gets its own output and its own end out of what the program says of them together.
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { LaunchError, type LaunchFailure } from "../errors.ts";
import type { LaunchParams, WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import type { CallerInfo } from "../runtime/cluster/member.ts";
import { connect } from "../runtime/wire/transports.ts";
import { waitForCalls } from "./call-back.ts";
import { LauncherStep, type LineReader } from "./launcher-step.ts";
import type { RemoteAgent } from "./remote-agent.ts";
import { secondsFor } from "./stage.ts";
import { WorkerCalls } from "./worker-calls.ts";

export interface Launcher {
  /** Runs the program, and ends with it. */
  agent: RemoteAgent;
  program: string;
  /** The words after it; `command` are those of a worker. */
  words(command: readonly string[]): readonly string[];
  reader: LineReader;
  count: number;
  /** Where the calls are waited for. Default: everywhere. */
  address?: { host: string; port?: number | undefined } | undefined;
}

/** What the config of such a worker says of it, beside what its manager adds. */
export interface Caller {
  who: CallerInfo;
  /** The connection that it opened, until somebody takes it. */
  stream: Socket | undefined;
}

/** Starts the workers; `called` gets each. Rejects with a LaunchError that names those that did not call. */
export async function launchThrough(
  { agent, program, words, reader, count, address }: Launcher,
  params: LaunchParams,
  called: (caller: Caller, config: WorkerConfig) => void,
): Promise<void> {
  agent.unref();
  const calls = new WorkerCalls(count);
  const arrived = (stream: Socket, who: CallerInfo) => calls.arrived(stream, who);
  const server = await waitForCalls<CallerInfo>(params.cookie, arrived, address);
  try {
    const started = await agent.start({
      program,
      words: words([...params.command, "--call-back", server.addresses]),
      dir: params.dir,
      otherwise: undefined,
      env: { ...timeoutEnv(), ...params.env },
      cookie: params.cookie,
    });
    const step = new LauncherStep(started, reader);
    started.exited.then(() => {
      calls.noMore(step.ownWords.join("; "));
      agent.close();
    });
    for await (const caller of calls.each(params.signal)) called(caller, configOf(caller.who, step));
    // Those that have called go on without the others.
    const missing = calls.missing.map((task) => missed(task, step, calls));
    if (missing.length === count) agent.close();
    if (missing.length > 0) throw new LaunchError(missing);
  } catch (error) {
    if (!(error instanceof LaunchError)) agent.close();
    throw error;
  } finally {
    await server.close();
  }
}

/** The connection that the worker opened; further ones go to where it listens. */
export async function connectionOf(caller: Caller, config: WorkerConfig): Promise<Duplex> {
  const { stream } = caller;
  caller.stream = undefined;
  return stream ?? connect({ host: config.host ?? "", port: config.port ?? 0 });
}

function configOf({ task, host, ospid, address }: CallerInfo, step: LauncherStep): WorkerConfig {
  return { ...step.task(task), host: address.host, port: address.port, hostLabel: host, ospid, tunnel: false };
}

function timeoutEnv(): Record<string, string> {
  const timeout = process.env.TJL_WORKER_TIMEOUT;
  return timeout ? { TJL_WORKER_TIMEOUT: timeout } : {};
}

function missed(task: number, step: LauncherStep, calls: WorkerCalls): LaunchFailure {
  const said = step.lastWords(task) || calls.reason || step.ownWords.join("; ");
  const reason = said || `did not call back within ${secondsFor("announce")} s`;
  return { host: `task ${task}`, stage: "announce", reason, hint: undefined };
}
