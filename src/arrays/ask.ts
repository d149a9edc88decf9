/** Calls of the services of this folder: as remotecallFetch, stopped with the task that makes them. */
import { callUntil } from "../runtime/calls/remotecall.ts";
import { contextSignal } from "../runtime/refs/context.ts";

export function ask<A extends unknown[], R>(pid: number, service: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
  return callUntil(contextSignal() as AbortSignal, pid, service, args) as Promise<Awaited<R>>;
}
