/** What a worker's main thread and its control thread share. */
import type { Hello } from "../wire/messages.ts";

export interface ControlData {
  /** Where to listen: the path of a socket, or an address with a port of the system's choice. */
  readonly listen: { path: string } | { host: string; port: 0 };
  readonly cookie: string;
  readonly hello: Hello;
  /** How long the way to the master may be silent. */
  readonly keepAliveMs: number;
  /** The file descriptor of the board (calls/now-running.ts). */
  readonly board: number | undefined;
  readonly cell: Int32Array;
}

/** Places in the cell. */
export const Cell = {
  /** The number of the control thread's question; -number is yes, else one of the answers. */
  TURN: 0,
  /** The number of the question after whose answer the main thread was cut off. */
  STRUCK: 1,
} as const;

export const Answer = {
  NO: 0,
  /** Not at this very moment. */
  AGAIN: 2 ** 31 - 1,
  /** Not before the module that is being loaded has come to its end. */
  LOADING: 2 ** 31 - 2,
} as const;
