/**
 * RemoteRef: a handle of a value that lives on some process, usable from any. Operations go to the owner; on the owner itself
 * they share the object. Who holds which slot is counted in handles.ts and store.ts.
 */
import { inspect } from "node:util";
import { UsageError } from "../../errors.ts";
import { encodeValue } from "../wire/codec.ts";
import type { Extension } from "../wire/extension.ts";
import { nextId, self } from "../wire/identity.ts";
import { Flag, Kind, type RefOp } from "../wire/messages.ts";
import { processOf, withFlags } from "../wire/remote-process.ts";
import { contextSignal } from "./context.ts";
import { errorOf } from "./failure.ts";
import { adopt, findHandle, freeHandle, type Held } from "./handles.ts";
import { tellOwner } from "./holds.ts";
import { operateHere } from "./operations.ts";
import { freedError } from "./store.ts";

export interface WaitOptions {
  /** Stops the wait; the promise rejects with InterruptError. */
  signal?: AbortSignal;
}

/** Made inside: a handle of a slot that another call or process named. */
interface Named {
  where: number;
  whence: number;
  id: number;
}

/**
 * A reference to a value on some process: one slot that is empty or holds one value. It can be sent to any process; equality is
 * (`whence`, `id`); the value is freed once no process holds the reference.
 *
 * @example
 * const r = new RemoteRef<string>(2);
 * await r.put("hello");
 * console.log(await r.take()); // hello
 */
export class RemoteRef<T = unknown> {
  /** The process that keeps the value. */
  readonly where: number;
  /** The process that made the reference. */
  readonly whence: number;
  /** Its number among the references of `whence`. */
  readonly id: number;
  readonly #held: Held;

  /** An empty slot on process `pid`, by default this one. */
  constructor(pid?: number);
  /** @internal */
  constructor(named: Named);
  constructor(at: number | Named = self.pid) {
    const { where, whence, id } = typeof at === "object" ? at : { where: at, whence: self.pid, id: nextId() };
    if (typeof at !== "object" && at !== self.pid) processOf(at);
    this.where = where;
    this.whence = whence;
    this.id = id;
    this.#held = adopt(this, where, whence, id);
    if (typeof at !== "object") tellOwner(where, whence, id, self.pid, 1);
  }

  /** Waits for the value and copies it here; the owner gets the object itself. The value stays. */
  fetch(options?: WaitOptions): Promise<T> {
    return this.#operate("fetch", [], options) as Promise<T>;
  }

  /** Waits until there is a value, moves nothing, gives the reference. */
  wait(options?: WaitOptions): Promise<this> {
    return this.#operate("wait", [], options).then(() => this);
  }

  /** Stores a value; waits while the slot is full. Gives the reference. */
  put(value: T, options?: WaitOptions): Promise<this> {
    return this.#operate("put", [value], options).then(() => this);
  }

  /** Waits for a value and removes it. */
  take(options?: WaitOptions): Promise<T> {
    return this.#operate("take", [], options) as Promise<T>;
  }

  /** Whether there is a value now. */
  isready(): Promise<boolean> {
    return this.#operate("isready", []) as Promise<boolean>;
  }

  /** An element or slice of the value, cut out on the owner: only that travels. Without indexes, the value. */
  getindex(...indexes: unknown[]): Promise<unknown> {
    return this.#operate("getindex", indexes);
  }

  /** Gives this handle up now instead of when it is collected. Using it afterwards rejects; doing it twice is harmless. */
  free(): void {
    freeHandle(this.#held);
  }

  [Symbol.dispose](): void {
    this.free();
  }

  toString(): string {
    return `RemoteRef(${this.where},${this.whence},${this.id})`;
  }

  [inspect.custom](): string {
    return this.toString();
  }

  /** Another process has sent this reference once more: it has to be released once more. @internal */
  static received(ref: RemoteRef): void {
    ref.#held.count += 1;
  }

  /** @internal */
  static isFreed(ref: RemoteRef): boolean {
    return ref.#held.freed;
  }

  /** Calls a method of the value, where it is. @internal */
  static invoke(ref: RemoteRef, name: string, args: unknown[], options?: WaitOptions): Promise<unknown> {
    return ref.#operate("invoke", [name, ...args], options);
  }

  /** The promise keeps the handle alive, so that the value cannot be freed while somebody waits for it. */
  async #operate(op: RefOp, args: unknown[], options?: WaitOptions): Promise<unknown> {
    if (this.#held.freed) throw freedError(this.whence, this.id, this.where);
    try {
      return await this.#send(op, args, contextSignal(options?.signal));
    } finally {
      void this.#held;
    }
  }

  #send(op: RefOp, args: unknown[], signal: AbortSignal | undefined): Promise<unknown> {
    if (this.where === self.pid) {
      return operateHere(op, this.whence, this.id, args, signal).catch((failure) => {
        throw errorOf(failure);
      });
    }
    const owner = processOf(this.where);
    const message = encodeValue([op, this.whence, this.id, ...args], owner, op);
    return owner.request(Kind.REF, signal ? withFlags(message, Flag.CANCELLABLE) : message, signal);
  }
}

/** A handle of slot (whence, id) on `where`, which the owner counts already: the one there is, or a new one. */
export function handleOf<T>(where: number, whence: number, id: number): RemoteRef<T> {
  return (findHandle(whence, id) as RemoteRef<T> | undefined) ?? new RemoteRef<T>({ where, whence, id } as never);
}

/** References travel as their three numbers; the owner hears of the new holder before anything else can reach it. */
export const refExtension: Extension<RemoteRef> = {
  tag: "ref",
  matches: (value): value is RemoteRef => value instanceof RemoteRef,
  encode(ref, encoder) {
    if (RemoteRef.isFreed(ref)) throw new UsageError(`${ref} has been freed and cannot be sent`);
    const receiver = encoder.peer.pid;
    if (receiver !== ref.where) {
      encoder.onCommit(() => tellOwner(ref.where, ref.whence, ref.id, receiver, 1));
    }
    return [ref.where, ref.whence, ref.id];
  },
  decode(payload) {
    const [where, whence, id] = payload as [number, number, number];
    const known = findHandle(whence, id) as RemoteRef | undefined;
    if (known && !RemoteRef.isFreed(known)) {
      if (where !== self.pid) RemoteRef.received(known);
      return known;
    }
    const handle = new RemoteRef({ where, whence, id } as never);
    if (where === self.pid) tellOwner(where, whence, id, self.pid, 1);
    return handle;
  },
};
