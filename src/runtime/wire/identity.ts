/** Who this process is in the cluster. Set once by the cluster layer: 1 is the prompt, driver or library program. */
import { hostname } from "node:os";

export const self = {
  /** The id of this process; 0 in a worker that has not been given one yet. */
  pid: 1,
  host: hostname(),
};

/**
 * The id of the process that evaluates the call: 1 for the prompt, driver or program, 2 and up for workers.
 *
 * @example
 * console.log(myid()); // 1
 */
export function myid(): number {
  return self.pid;
}

let lastId = 0;

/** A number that this process has not given out before: names requests and, with `whence`, references. */
export function nextId(): number {
  lastId += 1;
  return lastId;
}
