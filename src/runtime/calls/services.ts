/**
 * Functions of the runtime itself that other processes call. Every process has them, so they are called by name and nothing of them
 * travels.
 */
import type { AnyFunction, KnownFunction } from "./function-table.ts";

interface Service {
  f: AnyFunction;
  isQuick: IsQuick;
}

/** Whether a call with these arguments will surely not take long, and so needs no guard. */
type IsQuick = (args: readonly unknown[]) => boolean;

const services = new Map<string, Service>();
const names = new WeakMap<AnyFunction, string>();

/** Makes `f` callable by name from every process. The module that does it is loaded on every process. */
export function registerService(name: string, f: AnyFunction, isQuick: IsQuick = () => false): void {
  services.set(name, { f, isQuick });
  names.set(f, name);
}

export function serviceName(f: AnyFunction): string | undefined {
  return names.get(f);
}

export function serviceNamed(name: string, args: readonly unknown[]): KnownFunction | undefined {
  const service = services.get(name);
  return service && { f: service.f, quick: service.isQuick(args) };
}
