/**
 * Functions of the runtime itself that other processes call. Every process has them, so they are called by name and nothing of them
 * travels.
 */
import { loadLateParts } from "../wire/late-parts.ts";
import type { AnyFunction, Care, KnownFunction } from "./function-table.ts";

interface Service {
  f: AnyFunction;
  /** How a call with these arguments is run. */
  care(args: readonly unknown[]): Care;
}

const services = new Map<string, Service>();
const names = new WeakMap<AnyFunction, string>();

/** Makes `f` callable by name from every process. The module that does it is loaded on every process. */
export function registerService(name: string, f: AnyFunction, care: Service["care"] = () => "guarded"): void {
  services.set(name, { f, care });
  names.set(f, name);
}

export function serviceName(f: AnyFunction): string | undefined {
  return names.get(f);
}

export function serviceNamed(name: string, args: readonly unknown[]): KnownFunction | undefined {
  const service = services.get(name) ?? (loadLateParts() ? services.get(name) : undefined);
  return service && { f: service.f, care: service.care(args) };
}
