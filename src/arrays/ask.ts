/** Calls of the services of this folder: as remotecallFetch, stopped with the task that makes them. */
import { callUntil } from "../runtime/calls/remotecall.ts";
import { contextSignal } from "../runtime/refs/context.ts";

export function ask<A extends unknown[], R>(pid: number, service: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
  const signal = contextSignal();
  return callUntil(signal as AbortSignal, pid, service, args, signal !== undefined) as Promise<Awaited<R>>;
}
