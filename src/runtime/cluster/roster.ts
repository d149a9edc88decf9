/** The master's book of workers: what their managers know of them, and how they are getting on. */
import type { ProcessExit } from "../../errors.ts";
import type { Hello } from "../wire/messages.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";
import type { ClusterManager, WorkerConfig } from "./cluster-manager.ts";
import type { ControlLine } from "./control-line.ts";
import type { Member } from "./member.ts";
import type { WorkerOutput } from "./output.ts";

export interface WorkerRecord {
  readonly remote: RemoteProcess;
  readonly member: Member;
  readonly manager: ClusterManager;
  readonly config: WorkerConfig;
  readonly outputs: readonly WorkerOutput[];
  /** What it said of itself when it joined. */
  readonly hello: Hello;
  /** It was asked to end: its end is no news. */
  leaving: boolean;
  /** The connection to its control thread, when it is on another host. */
  control?: ControlLine;
  /** Why the master ended it, in words, when it did. */
  endedFor?: string;
}

export const roster = new Map<number, WorkerRecord>();

let lastPid = 1;

/** The id of the next worker; ids are never used twice. */
export function nextPid(): number {
  lastPid += 1;
  return lastPid;
}

type Listener = (exit: ProcessExit) => void;
const listeners = new Set<Listener>();

/** Hears of every worker that ended without having been asked to. Gives a function that stops it. */
export function onWorkerLost(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellWorkerLost(exit: ProcessExit): void {
  for (const listener of listeners) listener(exit);
}

type Joined = (pid: number) => void;
const joinListeners = new Set<Joined>();

/** Hears of every worker that is ready for work. Gives a function that stops it. */
export function onWorkerJoined(listener: Joined): () => void {
  joinListeners.add(listener);
  return () => joinListeners.delete(listener);
}

export function tellWorkerJoined(pid: number): void {
  for (const listener of joinListeners) listener(pid);
}
