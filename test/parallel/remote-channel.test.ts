/** Channels between processes: a queue on one of them, used from all. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let a: number;
let b: number;

beforeAll(async () => {
  tjl = await library();
  [a, b] = (await tjl.addprocs(2)) as [number, number];
});
afterAll(() => tjl.rmprocs(a, b));

const channelOf = (n: number) => {
  const { Channel } = tjl;
  return () => new Channel<number>(n);
};

describe("a RemoteChannel", () => {
  test("is used from every process", async () => {
    const channel = new tjl.RemoteChannel<number>(channelOf(10), a);
    expect([channel.where, channel.whence]).toEqual([a, 1]);
    await channel.put(1);
    await tjl.remotecallFetch(b, (c) => c.put(2).then(() => {}), channel);
    await tjl.remotecallFetch(a, (c) => c.put(3).then(() => {}), channel);
    expect(await channel.isready()).toBe(true);
    expect(await channel.fetch()).toBe(1);
    expect(await tjl.remotecallFetch(b, (c) => c.take(), channel)).toBe(1);
    expect([await channel.take(), await channel.take()]).toEqual([2, 3]);
    expect(await channel.isempty()).toBe(true);
    channel.free();
  });

  test("lives here too, holds one value by default, and comes back as the same object", async () => {
    const channel = new tjl.RemoteChannel<string>();
    expect(channel.where).toBe(1);
    await channel.put("x");
    const second = channel.put("y");
    expect(await tjl.remotecallFetch(a, (c) => c.take(), channel)).toBe("x");
    await second;
    expect(await tjl.remotecallFetch(a, (c) => c, channel)).toBe(channel);
    expect(String(channel)).toMatch(/^RemoteChannel\(1,1,\d+\)$/);
  });

  test("of capacity 0 hands over what was put, not what it becomes", async () => {
    const channel = new tjl.RemoteChannel<number[]>(() => new tjl.Channel(0));
    const taken = tjl.remotecallFetch(a, (c) => c.take(), channel);
    const list = [1, 2, 3];
    await channel.put(list);
    list.push(4);
    expect(await taken).toEqual([1, 2, 3]);
  });

  test("ends an iteration when it is closed and drained, wherever that is", async () => {
    const channel = new tjl.RemoteChannel<number>(channelOf(2), a);
    const producer = tjl.remotecall(
      b,
      async (c) => {
        for (let i = 0; i < 6; i++) await c.put(i);
        await c.close();
      },
      channel,
    );
    const seen: number[] = [];
    for await (const i of channel) seen.push(i);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    await producer.wait();
    expect(await channel.isopen()).toBe(false);
    await expect(channel.take()).rejects.toBeInstanceOf(tjl.ChannelClosedError);
    await expect(channel.put(1)).rejects.toBeInstanceOf(tjl.ChannelClosedError);
  });

  test("gives up waiting without losing a value", async () => {
    const channel = new tjl.RemoteChannel<number>(channelOf(1), a);
    await expect(channel.take({ signal: AbortSignal.timeout(30) })).rejects.toBeInstanceOf(tjl.InterruptError);
    await channel.put(5);
    expect(await channel.take()).toBe(5);
  });

  test("has any object behind it; further arguments are passed on", async () => {
    const makeDictionary = () => {
      const entries = new Map<string, unknown>();
      return {
        put: (key: string, value: unknown) => void entries.set(key, value),
        take: (key: string) => {
          const value = entries.get(key);
          entries.delete(key);
          return value;
        },
        fetch: (key: string) => entries.get(key),
        isready: (key?: string) => (key === undefined ? entries.size > 0 : entries.has(key)),
        wait: () => {
          throw new Error("no waiting here");
        },
      };
    };
    const dictionary = new tjl.RemoteChannel(makeDictionary, a);
    await dictionary.put("k", 41);
    expect(await dictionary.fetch("k")).toBe(41);
    expect([await dictionary.isready("k"), await dictionary.isready("other")]).toEqual([true, false]);
    expect(await dictionary.take("k")).toBe(41);
    await expect(dictionary.wait()).rejects.toThrow("no waiting here");
    await expect(dictionary.close()).rejects.toThrow('no method "close"');
  });

  test("whose maker fails rejects everything", async () => {
    const channel = new tjl.RemoteChannel((): never => {
      throw new Error("cannot make it");
    }, a);
    await expect(channel.put(1)).rejects.toThrow("cannot make it");
  });
});

test("sync waits for calls on all processes, task and timedwait go with references", async () => {
  const order: string[] = [];
  await tjl.sync(async () => {
    tjl.spawnat(a, () => new Promise((resolve) => setTimeout(resolve, 30)));
    tjl.remotecallFetch(b, () => new Promise((resolve) => setTimeout(resolve, 20))).then(() => order.push("call"));
    tjl.task(() => order.push("task"));
    order.push("block");
  });
  expect(order).toEqual(["block", "task", "call"]);
  const r = tjl.remotecall(a, () => new Promise((resolve) => setTimeout(resolve, 50)));
  expect(await tjl.timedwait(() => tjl.isready(r), 10, { pollint: 0.01 })).toBe("ok");
  expect(await tjl.timedwait(() => tjl.isready(new tjl.RemoteRef(b)), 0.05)).toBe("timed_out");
});

test("sync tells the errors of calls in start order", async () => {
  const error = await tjl
    .sync(() => {
      for (const pid of [a, b]) {
        tjl.remotecall(pid, () => {
          throw new Error("failed");
        });
      }
      tjl.remotecallFetch(a, () => Promise.reject(new Error("fetched")));
    })
    .catch((e) => e);
  expect(error).toBeInstanceOf(AggregateError);
  expect(error.errors.map((e: { pid: number }) => e.pid)).toEqual([a, b, a]);
});
