/** What a process does with the messages of its cluster. */
import { UsageError } from "../../errors.ts";
import { stopAllRunning } from "../calls/interrupt.ts";
import { clusterMessages } from "../calls/run-request.ts";
import { runningCalls } from "../calls/running.ts";
import { handleCount } from "../refs/handles.ts";
import { slotCount } from "../refs/store.ts";
import { self } from "../wire/identity.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";
import { makeBridge } from "./bridge.ts";
import type { ClusterMessage, FurtherWorkers, Member, WorkerReport } from "./member.ts";
import { addMember, cluster, memberLeft } from "./peers.ts";
import { childEnded, childWrote } from "./relay.ts";

/** What only a worker can do; its entry point sets this. */
export const workerDuties = {
  /** The port of its control thread, 0 when there is none yet or it is reached otherwise. */
  controlPort: (): Promise<number> | number => 0,
  exit: (_graceMs: number): void => {},
  launch: (_workers: FurtherWorkers, _master: RemoteProcess): number[] => [],
};

clusterMessages.serve = (from, body) => serveClusterMessage(from, body as ClusterMessage);

function serveClusterMessage(from: RemoteProcess, message: ClusterMessage): unknown {
  switch (message.op) {
    case "join":
      join(message.member, message.members, message.rules);
      return workerDuties.controlPort();
    case "joined":
      return void (message.member.pid !== self.pid && addMember(message.member));
    case "left":
      return memberLeft(message.pid, message.exit);
    case "exit":
      return workerDuties.exit(message.graceMs);
    case "interrupt":
      return stopAllRunning(message.order);
    case "launch":
      return workerDuties.launch(message.workers, from);
    case "bridge":
      return makeBridge(from.pid, message.to);
    case "childOutput":
      return childWrote(from.pid, message.ospid, message.stream, message.text);
    case "childEnd":
      return childEnded(from.pid, message.ospid, message);
    case "report":
      return reportOfThisProcess();
    default:
      throw new UsageError(`unknown cluster message ${JSON.stringify((message as { op: unknown }).op)}`);
  }
}

function join(member: Member, members: readonly Member[], rules: typeof cluster.rules): void {
  self.pid = member.pid;
  cluster.rules = rules;
  cluster.members.set(member.pid, member);
  for (const other of members) addMember(other);
}

/** What this process tells of itself. */
export function reportOfThisProcess(): WorkerReport {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    ospid: process.pid,
    rss,
    heapUsed,
    cpuMs: (user + system) / 1000,
    slots: slotCount(),
    handles: handleCount(),
    running: runningCalls(),
  };
}
