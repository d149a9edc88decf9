/**
 * A call whose value stays where it is made while the caller hears something of it: one message there and one back make a value,
 * a reference to it, and tell what the caller has to know. For services of the layers above.
 */
import { contextSignal } from "../refs/context.ts";
import { handleOf, RemoteRef } from "../refs/remote-ref.ts";
import { slotOf } from "../refs/store.ts";
import { nextId, self } from "../wire/identity.ts";
import { Flag, Kind } from "../wire/messages.ts";
import type { AnyFunction } from "./function-table.ts";
import { request } from "./remotecall.ts";

/** What such a service returns: the value for the slot, and what is told of it. */
export class Kept {
  readonly value: unknown;
  readonly told: unknown;
  constructor(value: unknown, told: unknown) {
    this.value = value;
    this.told = told;
  }
}

export interface KeepingCall {
  readonly ref: RemoteRef;
  /** What is told of the value once it is there. */
  readonly told: Promise<unknown>;
}

/** Runs `service(...args)` on process `pid`. Throws a SerializationError at once; then there is no reference. */
export function callKeeping(pid: number, service: AnyFunction, args: readonly unknown[]): KeepingCall {
  if (pid === self.pid) return keepHere(service, args);
  const id = nextId();
  const signal = contextSignal();
  const told = request(pid, Kind.CALL_WAIT, signal ? Flag.CANCELLABLE : 0, service, args, id, signal);
  return { ref: handleOf(pid, self.pid, id), told };
}

function keepHere(service: AnyFunction, args: readonly unknown[]): KeepingCall {
  const ref = new RemoteRef();
  const told = request(self.pid, Kind.CALL_WAIT, 0, service, args).then((made) => {
    const { value, told } = made as Kept;
    slotOf(ref.whence, ref.id).put(value);
    return told;
  });
  return { ref, told };
}
