/** Which processes there are, as this process knows it. */
import { livingPids } from "../wire/remote-process.ts";

/**
 * The ids of all processes, 1 among them, ascending.
 *
 * @example
 * console.log(procs()); // [ 1, 2, 3 ]
 */
export function procs(): number[] {
  return livingPids();
}

/**
 * How many processes there are, this one included.
 *
 * @example
 * console.log(nprocs()); // 3
 */
export function nprocs(): number {
  return procs().length;
}

/**
 * The ids of all processes but 1, or `[1]` when it is alone.
 *
 * @example
 * console.log(workers()); // [ 2, 3 ]
 */
export function workers(): number[] {
  const others = procs().filter((pid) => pid !== 1);
  return others.length > 0 ? others : [1];
}

/**
 * How many workers there are; 1 when there is only process 1, which then does the work.
 *
 * @example
 * console.log(nworkers()); // 2
 */
export function nworkers(): number {
  return workers().length;
}
