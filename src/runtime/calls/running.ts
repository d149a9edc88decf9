/**
 * The calls of other processes that run here and have not answered yet, so that one of them, or all, can be stopped. A call that
 * returns before the current turn of the event loop ends never gets here.
 */
import type { RemoteProcess } from "../wire/remote-process.ts";
import type { NowRunning } from "./now-running.ts";

export interface RunningCall {
  readonly process: RemoteProcess;
  readonly id: number;
  /** The name of the function, for status and errors. */
  readonly name: string;
  /** Where the function stands in its file, `/home/me/job.ts:12`. */
  readonly place: string | undefined;
  /** When it started, ms since the epoch. */
  readonly since: number;
  /** Answers the caller with the error and tells the code that it is not wanted any more. */
  stop(reason: unknown): void;
}

const running = new Map<RemoteProcess, Map<number, RunningCall>>();

let first: (() => void) | undefined;

/** Runs `act` when the first call stays running. */
export function onFirstRunning(act: () => void): void {
  first = act;
}

export function addRunning(call: RunningCall): void {
  if (first) {
    const act = first;
    first = undefined;
    act();
  }
  const calls = running.get(call.process);
  if (calls) calls.set(call.id, call);
  else running.set(call.process, new Map([[call.id, call]]));
}

export function removeRunning(process: RemoteProcess, id: number): void {
  running.get(process)?.delete(id);
}

export function findRunning(process: RemoteProcess, id: number): RunningCall | undefined {
  return running.get(process)?.get(id);
}

/** They, as status shows them. */
export function runningCalls(): NowRunning[] {
  return [...eachRunning()].map(({ process, id, name, place, since }) => ({
    from: process.pid,
    id,
    name,
    place,
    since,
  }));
}

export function* eachRunning(): Iterable<RunningCall> {
  for (const calls of running.values()) yield* calls.values();
}
