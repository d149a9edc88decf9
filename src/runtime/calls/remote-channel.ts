/**
 * RemoteChannel: a channel that lives on one process and is used from any. It is a reference to the object behind it, on whose owner
 * every method runs; what is behind it is a Channel or anything with its methods.
 */
import { inspect } from "node:util";
import { ChannelClosedError, UsageError } from "../../errors.ts";
import { Channel, type WaitOptions } from "../refs/channel.ts";
import { RemoteRef } from "../refs/remote-ref.ts";
import type { Extension } from "../wire/extension.ts";
import { self } from "../wire/identity.ts";
import { remotecall } from "./remotecall.ts";
import { registerService } from "./services.ts";

/** What may stand behind a RemoteChannel. Further arguments of `put`, `take` and `fetch` are passed on to it. */
export interface ChannelLike {
  put(...args: never[]): unknown;
  take(...args: never[]): unknown;
  fetch(...args: never[]): unknown;
  isready(...args: never[]): unknown;
  wait(...args: never[]): unknown;
  close?(...args: never[]): unknown;
}

/**
 * A channel on process `pid` (default: this one). `make` runs there and returns what is behind it: `new Channel(n)`, or any object with
 * put, take, fetch, isready and wait. Without `make`, a channel for one value. It can be sent to any process.
 *
 * @example
 * const results = new RemoteChannel<number>(() => new Channel(10), 1);
 * for (const pid of workers()) remoteDo(pid, () => results.put(myid()));
 * for (const _ of workers()) console.log(await results.take());
 */
export class RemoteChannel<T = unknown> implements AsyncIterable<T> {
  readonly #ref: RemoteRef;

  constructor(pid?: number);
  constructor(make: () => ChannelLike | Promise<ChannelLike>, pid?: number);
  /** @internal */
  constructor(ref: RemoteRef);
  constructor(first: number | RemoteRef | (() => unknown) = self.pid, pid: number = self.pid) {
    if (first instanceof RemoteRef) this.#ref = first;
    else if (typeof first === "function") this.#ref = remotecall(pid, first);
    else if (typeof first === "number") this.#ref = remotecall(first, oneSlot);
    else throw new UsageError("new RemoteChannel(make, pid): make is a function that returns a channel");
    channels.set(this.#ref, this);
  }

  /** The process that it lives on. */
  get where(): number {
    return this.#ref.where;
  }

  /** The process that made it. */
  get whence(): number {
    return this.#ref.whence;
  }

  /** Its number among the references of `whence`. */
  get id(): number {
    return this.#ref.id;
  }

  /** Appends a value; waits while the channel is full. Gives the channel. Rejects with ChannelClosedError when it is closed. */
  async put(value: T, options?: WaitOptions): Promise<this>;
  async put(...args: unknown[]): Promise<this>;
  async put(...args: unknown[]): Promise<this> {
    await this.#invoke("put", args, 1);
    return this;
  }

  /** Takes the oldest value; waits for one. Rejects with ChannelClosedError when the channel is closed and drained. */
  take(options?: WaitOptions): Promise<T>;
  take(...args: unknown[]): Promise<T>;
  take(...args: unknown[]): Promise<T> {
    return this.#invoke("take", args) as Promise<T>;
  }

  /** The oldest value, which stays; waits for one. */
  fetch(options?: WaitOptions): Promise<T>;
  fetch(...args: unknown[]): Promise<T>;
  fetch(...args: unknown[]): Promise<T> {
    return this.#invoke("fetch", args) as Promise<T>;
  }

  /** Waits until there is a value to take. Gives the channel. */
  async wait(...args: unknown[]): Promise<this> {
    await this.#invoke("wait", args);
    return this;
  }

  /** Whether `take` would not wait. */
  isready(...args: unknown[]): Promise<boolean> {
    return this.#invoke("isready", args) as Promise<boolean>;
  }

  async isempty(): Promise<boolean> {
    return !(await this.isready());
  }

  isopen(): Promise<boolean> {
    return this.#invoke("isopen", []) as Promise<boolean>;
  }

  /** Ends it: `put` rejects from now on, `take` does once it is drained. With `error`, that is what they reject with. */
  async close(...error: [error?: unknown]): Promise<void> {
    await this.#invoke("close", error);
  }

  /** Gives this handle up; the channel is dropped when no process has one. */
  free(): void {
    this.#ref.free();
  }

  /** Takes value after value until the channel is closed and drained. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let value: T;
      try {
        value = await this.take();
      } catch (error) {
        if (error instanceof ChannelClosedError) return;
        throw error;
      }
      yield value;
    }
  }

  toString(): string {
    return `RemoteChannel(${this.where},${this.whence},${this.id})`;
  }

  [inspect.custom](): string {
    return this.toString();
  }

  /** @internal */
  static refOf(channel: RemoteChannel): RemoteRef {
    return channel.#ref;
  }

  /** Options are the last argument, behind those that the method needs: an object with nothing but a signal. */
  #invoke(name: string, args: unknown[], needed = 0): Promise<unknown> {
    const last = args.at(-1);
    if (args.length <= needed || !isWaitOptions(last)) return RemoteRef.invoke(this.#ref, name, args);
    return RemoteRef.invoke(this.#ref, name, args.slice(0, -1), last);
  }
}

function isWaitOptions(value: unknown): value is WaitOptions {
  if (typeof value !== "object" || value === null) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === "signal";
}

function oneSlot(): Channel {
  return new Channel(1);
}
registerService("channel.one", oneSlot);

/** A channel that comes back to a process is the same object there. */
const channels = new WeakMap<RemoteRef, object>();

export const channelExtension: Extension<RemoteChannel> = {
  tag: "channel",
  matches: (value): value is RemoteChannel => value instanceof RemoteChannel,
  encode: (channel, encoder) => encoder.put(RemoteChannel.refOf(channel), ".ref"),
  decode(payload, decoder) {
    const ref = decoder.get(payload) as RemoteRef;
    return (channels.get(ref) as RemoteChannel | undefined) ?? new RemoteChannel(ref);
  },
};
