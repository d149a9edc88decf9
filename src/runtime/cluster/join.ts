/**
 * The master's way from a started process to a worker of the cluster:
 *
 *     announce line (or address, or the manager's own connection) → connect → handshake → join → registered
 *
 * Each step ends in time, and names itself when it fails.
 */
import type { Duplex } from "node:stream";
import { InterruptError, type LaunchFailure } from "../../errors.ts";
import { encodeValue } from "../wire/codec.ts";
import { greet } from "../wire/handshake.ts";
import { self } from "../wire/identity.ts";
import { type Hello, Kind } from "../wire/messages.ts";
import { addProcess, RemoteProcess } from "../wire/remote-process.ts";
import { connect } from "../wire/transports.ts";
import { LINES_BEFORE, parseAnnounce } from "./announce.ts";
import type { ClusterManager, LaunchParams, WorkerConfig } from "./cluster-manager.ts";
import { connectProcess } from "./connect-process.ts";
import { helloFromHere } from "./hello.ts";
import { stopCancelled } from "./interrupt.ts";
import { connectionClosed, howItEnded, soon } from "./life.ts";
import { openLifeline } from "./lifeline.ts";
import type { Address, ClusterMessage, Member } from "./member.ts";
import { WorkerOutput } from "./output.ts";
import { cluster } from "./peers.ts";
import { roster, tellWorkerJoined, type WorkerRecord } from "./roster.ts";

/** Why a worker did not join. */
export class JoinError extends Error {
  readonly failure: LaunchFailure;
  constructor(failure: LaunchFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** Brings the process that `config` describes into the cluster as worker `pid`. Rejects with a JoinError. */
export async function joinWorker(
  pid: number,
  manager: ClusterManager,
  config: WorkerConfig,
  params: LaunchParams,
): Promise<WorkerRecord> {
  const host = config.hostLabel ?? config.host ?? "local";
  const deadline = Date.now() + cluster.timeoutMs;
  const heard = listenTo(pid, config);
  const step = <T>(stage: string, work: Promise<T>): Promise<T> =>
    inTime(work, { host, stage, deadline, lastWords: () => lastWords(heard.outputs) }, params.signal);
  let stream: Duplex | undefined;
  try {
    const address = await step("announce", announced(config, heard));
    const [met, hello] = await meet(pid, manager, { ...config, ...address }, step);
    stream = met;
    const remote = new RemoteProcess(pid, hello.host);
    remote.sameHost = hello.host === self.host;
    const { ident, connectIdents } = config;
    const member: Member = { pid, host: hello.host, address, ident, connectIdents };
    const record: WorkerRecord = { remote, member, manager, config, outputs: heard.outputs, hello, leaving: false };
    connectProcess(remote, stream, (error) => void connectionClosed(record, error));
    const controlPort = await step("join", introduce(record));
    await step("lifeline", openLifeline(record, controlPort));
    register(record);
    return record;
  } catch (error) {
    stream?.destroy();
    await Promise.resolve(manager.kill?.(pid, config)).catch(() => {});
    throw error instanceof JoinError
      ? error
      : new JoinError({ host, stage: "start", reason: (error as Error).message });
  }
}

/** A worker hangs up on who says nothing for 5 s. */
const HANGS_UP_MS = 4000;

/**
 * Connects and shakes hands. When the worker hung up because this process was busy meanwhile, and not because it was told the wrong cookie,
 * it is called again.
 */
async function meet(
  pid: number,
  manager: ClusterManager,
  config: WorkerConfig & Address,
  step: <T>(stage: string, work: Promise<T>) => Promise<T>,
): Promise<[Duplex, Hello]> {
  for (;;) {
    const stream = await step("connect", manager.connect ? manager.connect(pid, config) : connectTo(config, config));
    const called = performance.now();
    try {
      const greeting = greet(stream, { cookie: cluster.cookie, hello: helloFromHere(), side: "connecting" });
      return [stream, await step("handshake", greeting)];
    } catch (error) {
      stream.destroy();
      const hasOneWayOnly = manager.connect !== undefined && config.tunnel === undefined;
      if (hasOneWayOnly || performance.now() - called < HANGS_UP_MS) throw error;
    }
  }
}

/** How long the stderr of a process that has ended is waited for. */
const LAST_WORDS_MS = 200;

interface Heard {
  outputs: WorkerOutput[];
  /** Resolves with the announced address; rejects when the output ends, or says too much else, before it. */
  address: Promise<Address> | undefined;
}

/** Shows what the process writes, and picks the announce line out of it. */
function listenTo(pid: number, config: WorkerConfig): Heard {
  const outputs: WorkerOutput[] = [];
  if (config.stderr) outputs.push(new WorkerOutput(pid, config.stderr, "stderr"));
  const io = config.io;
  if (!io) return { outputs, address: undefined };
  const address = new Promise<Address>((resolve, reject) => {
    let before = 0;
    const output = new WorkerOutput(pid, io, "stdout", (line) => {
      const found = parseAnnounce(line);
      if (found) resolve(found);
      else if (++before > LINES_BEFORE) reject(new Error(`wrote ${LINES_BEFORE} lines and no announce line`));
      return found ? "announced" : "other";
    });
    outputs.push(output);
    output.ended.then(async () => {
      const { exitCode, signal, reason = "ended" } = await howItEnded(config);
      await soon(Promise.all(outputs.map((output) => output.ended)), LAST_WORDS_MS);
      const wasThere = reason === "ended" || exitCode !== undefined || signal !== undefined;
      reject(new Error(`${reason}${wasThere ? " before it announced itself" : ""}${lastWords(outputs)}`));
    });
  });
  address.catch(() => {});
  return { outputs, address };
}

function lastWords(outputs: readonly WorkerOutput[]): string {
  const lines = outputs.flatMap((output) => output.lastLines).slice(-10);
  return lines.length > 0 ? `; its last lines:\n${lines.map((line) => `      ${line}`).join("\n")}` : "";
}

async function announced(config: WorkerConfig, heard: Heard): Promise<Address> {
  if (heard.address) {
    const address = await heard.address;
    // A worker on another host may announce an address that only it can use; what the manager knows is better.
    return config.host && address.port !== 0 && !config.bindAddr ? { ...address, host: config.host } : address;
  }
  return { host: config.host ?? "127.0.0.1", port: config.port ?? 0 };
}

function connectTo(config: WorkerConfig, address: Address): Promise<Duplex> {
  if (config.io || config.host) return connect(address, { timeoutMs: cluster.timeoutMs });
  return Promise.reject(new Error("the manager gave neither `io` nor `host`, and has no connect()"));
}

/** Tells the new worker who it is and whom else there is; gives the port of its control thread, 0 without one. */
async function introduce({ remote, member }: WorkerRecord): Promise<number> {
  const members = [...cluster.members.values()];
  const message: ClusterMessage = { op: "join", member, members, rules: cluster.rules };
  introduced.add(remote);
  remote.onGone.push(() => introduced.delete(remote));
  return Number(await remote.request(Kind.CLUSTER, encodeValue(message, remote)));
}

/** Workers that have been told who else there is and are not on the roster yet: they must hear of changes too. */
const introduced = new Set<RemoteProcess>();

function register(record: WorkerRecord): void {
  const { member, remote } = record;
  tellOthers({ op: "joined", member });
  cluster.members.set(member.pid, member);
  addProcess(remote);
  roster.set(member.pid, record);
  introduced.delete(remote);
  remote.onCancel = (id) => void stopCancelled(record, id);
  void record.manager.manage(member.pid, record.config, "register");
  tellWorkerJoined(member.pid);
}

/** Sends news of the cluster to every worker. */
export function tellOthers(message: ClusterMessage): void {
  const remotes = [...introduced, ...[...roster.values()].map(({ remote }) => remote)];
  for (const remote of remotes) remote.post(Kind.CLUSTER, 0, encodeValue(message, remote));
}

interface Step {
  host: string;
  stage: string;
  deadline: number;
  lastWords: () => string;
}

function inTime<T>(work: Promise<T>, { host, stage, deadline, lastWords }: Step, signal?: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const failed = (reason: string) => reject(new JoinError({ host, stage, reason }));
    const seconds = Math.round(cluster.timeoutMs / 100) / 10;
    const late = () => failed(`nothing heard for ${seconds} s (TJL_WORKER_TIMEOUT sets the seconds)${lastWords()}`);
    const timer = setTimeout(late, Math.max(0, deadline - Date.now()));
    const stop = () => reject(new InterruptError(undefined, { cause: signal?.reason }));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    work.then(
      (value) => (done(), resolve(value)),
      (error: Error) => (done(), failed(error.message)),
    );
  });
}
