/**
 * What the prompt asks of the cluster and hears from it. The prompt knows processes only through this; local-cluster-view.ts
 * makes one out of the public functions and /proc.
 */

import type { Variable } from "../../runtime/calls/variables.ts";

/** One line of the table of `status()`: a process and how it is. What is not known is undefined. */
export interface StatusRow {
  pid: number;
  host: string;
  state: "idle" | "busy" | "lost" | "gone" | "starting";
  /** What runs there now, in words: `slow (lib.ts:12), 3.2 s`. */
  runs?: string | undefined;
  memoryBytes?: number | undefined;
  /** Share of one core in use, 1 is all of it. */
  cpu?: number | undefined;
  ospid?: number | undefined;
}

export interface ClusterView {
  /** Ids of the workers that are there now. */
  workers(): number[];
  status(): Promise<StatusRow[]>;
  /** The names of a process that are not in `platformNames`. */
  whos(pid: number, platformNames: readonly string[]): Promise<Variable[]>;
  /** How many calls of this process still run elsewhere. */
  running(): number;
  /** Stops what runs on the workers. */
  interrupt(): Promise<void>;
  /** Calls made while `fn` runs, directly or later, stop when `signal` is aborted. */
  withSignal<R>(signal: AbortSignal, fn: () => R): R;
  /** Tells of workers that end without being asked to, and why. Returns how to stop hearing. */
  onDeath(listener: (death: { pid: number; reason: string }) => void): () => void;
}
