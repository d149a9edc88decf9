/**
 * Functions of the runtime itself that other processes call. Every process has them, so they are called by name and nothing of them
 * travels.
 */
import type { AnyFunction, KnownFunction } from "./function-table.ts";

const services = new Map<string, KnownFunction>();
const names = new WeakMap<AnyFunction, string>();

/** Makes `f` callable by name from every process. The module that does it is loaded on every process. */
export function registerService(name: string, f: AnyFunction): void {
  services.set(name, { f, quick: false });
  names.set(f, name);
}

export function serviceName(f: AnyFunction): string | undefined {
  return names.get(f);
}

export function serviceNamed(name: string): KnownFunction | undefined {
  return services.get(name);
}
