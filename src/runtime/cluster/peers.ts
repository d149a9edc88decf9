/**
 * How a process reaches the others: workers know each other's addresses from the master and connect on first use; an incoming
 * connection is used for the way back. Also where the news of a process's end arrives.
 */
import type { Duplex } from "node:stream";
import { type ProcessExit, UsageError } from "../../errors.ts";
import { dropHolder } from "../refs/store.ts";
import { greet } from "../wire/handshake.ts";
import { self } from "../wire/identity.ts";
import { addProcess, processes, RemoteProcess } from "../wire/remote-process.ts";
import { connect } from "../wire/transports.ts";
import { bridgeTo } from "./bridge.ts";
import { connectProcess } from "./connect-process.ts";
import { helloFromHere } from "./hello.ts";
import type { Address, ClusterRules, Member } from "./member.ts";
import { isWithinHost } from "./reach.ts";
import { maySend } from "./topology.ts";

/** What this process knows of its cluster. */
export const cluster = {
  cookie: "",
  rules: { topology: "all_to_all", lazy: true } as ClusterRules,
  /** How long a connection may take to open. */
  timeoutMs: 60_000,
  members: new Map<number, Member>(),
};

/** After a connection broke, how long a worker waits for the master to say why. */
const REASON_MS = 1000;

/** How long a firewall may say nothing before the way through the master is taken. */
const DIRECT_MS = 3000;

/** Makes the process known here; the connection opens with the first message, or at once where the cluster is not lazy. */
export function addMember(member: Member): RemoteProcess {
  cluster.members.set(member.pid, member);
  const known = processes.get(member.pid);
  if (known) {
    known.host = member.host;
    return known;
  }
  const remote = new RemoteProcess(member.pid, member.host);
  remote.sameHost = member.host === self.host;
  remote.onGone.push(() => {
    dropHolder(member.pid);
    cluster.members.delete(member.pid);
  });
  remote.dial = () => {
    dialMember(remote, member).catch((error) =>
      remote.gone({ pid: remote.pid, host: remote.host, reason: error.message, maybeRan: false }),
    );
  };
  addProcess(remote);
  const { topology, lazy } = cluster.rules;
  if (topology === "all_to_all" && !lazy && self.pid > member.pid && member.address) remote.dial();
  return remote;
}

async function dialMember(remote: RemoteProcess, member: Member): Promise<void> {
  const here = cluster.members.get(self.pid);
  if (!here || !maySend(cluster.rules.topology, here, member) || !member.address) {
    throw new UsageError(
      `is not connected to worker ${self.pid} (topology "${cluster.rules.topology}": workers that are not connected cannot call each other)`,
    );
  }
  const stream = await openTo(member.pid, member.host, member.address);
  try {
    await greet(stream, { cookie: cluster.cookie, hello: helloFromHere(), side: "connecting" });
  } catch (error) {
    stream.destroy();
    throw error;
  }
  connectProcess(remote, stream, () => peerClosed(remote));
}

/** Straight to where it listens; through the master where that cannot be, or fails. */
async function openTo(pid: number, host: string, address: Address): Promise<Duplex> {
  const elsewhere = host !== self.host;
  if (elsewhere && isWithinHost(address)) return bridgeTo(pid);
  try {
    return await connect(address, {
      timeoutMs: elsewhere ? Math.min(DIRECT_MS, cluster.timeoutMs) : cluster.timeoutMs,
    });
  } catch (error) {
    if (self.pid === 1) throw error;
    return bridgeTo(pid).catch(() => Promise.reject(error));
  }
}

/** Another worker has connected to this one. */
export function acceptPeer(pid: number, host: string, stream: Duplex): void {
  const remote = processes.get(pid) ?? addMember({ pid, host });
  connectProcess(remote, stream, () => peerClosed(remote));
}

/** The connection to another worker broke: it has most likely ended, and the master will say how. */
function peerClosed(remote: RemoteProcess): void {
  const told = setTimeout(
    () => remote.gone({ pid: remote.pid, host: remote.host, reason: `closed its connection to worker ${self.pid}` }),
    REASON_MS,
  );
  remote.onGone.push(() => clearTimeout(told));
}

/** The master says that a process has ended. */
export function memberLeft(pid: number, exit: ProcessExit): void {
  processes.get(pid)?.gone(exit);
}
