/** Channels between tasks of one process: order, capacity, closing, giving up. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChannelClosedError, InterruptError, UsageError } from "../../../src/errors.ts";
import { Channel } from "../../../src/runtime/refs/channel.ts";
import { Condition } from "../../../src/runtime/refs/condition.ts";
import { withSignal } from "../../../src/runtime/refs/context.ts";

/** Whether the promise has settled once all microtasks have run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe("a channel of capacity 0", () => {
  test("makes put wait for take", async () => {
    const channel = new Channel<number>(0);
    const putting = channel.put(1);
    expect(await isSettled(putting)).toBe(false);
    expect(channel.isready()).toBe(true);
    expect(await channel.take()).toBe(1);
    expect(await putting).toBe(1);
    expect(channel.isready()).toBe(false);
  });

  test("makes take wait for put", async () => {
    const channel = new Channel<string>();
    const taking = channel.take();
    expect(await isSettled(taking)).toBe(false);
    await channel.put("a");
    expect(await taking).toBe("a");
  });
});

describe("a channel with room", () => {
  test("makes put wait when it is full, and keeps the order", async () => {
    const channel = new Channel<number>(2);
    await channel.put(1);
    await channel.put(2);
    const third = channel.put(3);
    expect(await isSettled(third)).toBe(false);
    expect(channel.length).toBe(3);
    expect([await channel.take(), await channel.take(), await channel.take()]).toEqual([1, 2, 3]);
    await third;
    expect(channel.isempty()).toBe(true);
  });

  test("never makes put wait when it is infinite", async () => {
    const channel = new Channel<number>(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 5000; i++) await channel.put(i);
    let sum = 0;
    for (let i = 0; i < 5000; i++) sum += await channel.take();
    expect(sum).toBe((4999 * 5000) / 2);
  });

  test("fetch and wait leave the value there", async () => {
    const channel = new Channel<number>(1);
    const looking = channel.fetch();
    const waiting = channel.wait();
    await channel.put(9);
    expect(await looking).toBe(9);
    await waiting;
    expect(await channel.fetch()).toBe(9);
    expect(await channel.take()).toBe(9);
  });

  test("serves those who wait in the order in which they came", async () => {
    const channel = new Channel<number>(1);
    const takes = [channel.take(), channel.take(), channel.take()];
    for (const i of [1, 2, 3]) await channel.put(i);
    expect(await Promise.all(takes)).toEqual([1, 2, 3]);
  });
});

describe("closing", () => {
  test("lets what is there be taken, then rejects", async () => {
    const channel = new Channel<number>(3);
    await channel.put(1);
    channel.close();
    expect(channel.isopen()).toBe(false);
    await expect(channel.put(2)).rejects.toBeInstanceOf(ChannelClosedError);
    expect(await channel.take()).toBe(1);
    await expect(channel.take()).rejects.toBeInstanceOf(ChannelClosedError);
    await expect(channel.fetch()).rejects.toBeInstanceOf(ChannelClosedError);
  });

  test("sends away everybody who waits", async () => {
    const channel = new Channel<number>();
    const taking = channel.take();
    const full = new Channel<number>();
    const putting = full.put(1);
    channel.close();
    full.close(new Error("no more"));
    await expect(taking).rejects.toBeInstanceOf(ChannelClosedError);
    await expect(putting).rejects.toThrow("no more");
  });

  test("ends an iteration, an error breaks it", async () => {
    const channel = new Channel<number>(10);
    for (const i of [1, 2, 3]) await channel.put(i);
    channel.close();
    const seen: number[] = [];
    for await (const i of channel) seen.push(i);
    expect(seen).toEqual([1, 2, 3]);
    const broken = new Channel<number>();
    broken.close(new Error("broken"));
    await expect(broken[Symbol.asyncIterator]().next()).rejects.toThrow("broken");
  });
});

describe("giving up", () => {
  test("leaves the line, so that no value is lost", async () => {
    const channel = new Channel<number>();
    const giveUp = new AbortController();
    const first = channel.take({ signal: giveUp.signal });
    const second = channel.take();
    giveUp.abort("enough");
    const error = await first.catch((e) => e);
    expect(error).toBeInstanceOf(InterruptError);
    expect(error.cause).toBe("enough");
    await channel.put(1);
    expect(await second).toBe(1);
  });

  test("takes the value of a put back", async () => {
    const channel = new Channel<number>();
    const giveUp = new AbortController();
    const putting = channel.put(1, { signal: giveUp.signal });
    giveUp.abort();
    await expect(putting).rejects.toBeInstanceOf(InterruptError);
    expect(channel.isready()).toBe(false);
  });

  test("obeys the signal of withSignal", async () => {
    const giveUp = new AbortController();
    const waiting = withSignal(giveUp.signal, async () => {
      await null;
      return new Channel().take();
    });
    await null;
    giveUp.abort();
    await expect(waiting).rejects.toBeInstanceOf(InterruptError);
  });
});

test("a capacity that makes no sense is refused", () => {
  for (const capacity of [-1, 1.5, Number.NaN]) expect(() => new Channel(capacity)).toThrow(UsageError);
});

test("any interleaving keeps the order and loses nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 4 }),
      fc.array(fc.boolean(), { maxLength: 60 }),
      async (capacity, steps) => {
        const channel = new Channel<number>(capacity);
        const takes: Promise<number>[] = [];
        const puts: Promise<number>[] = [];
        for (const isPut of steps) {
          if (isPut) puts.push(channel.put(puts.length));
          else takes.push(channel.take());
        }
        while (puts.length < takes.length) puts.push(channel.put(puts.length));
        while (takes.length < puts.length) takes.push(channel.take());
        expect(await Promise.all(takes)).toEqual(takes.map((_, i) => i));
        await Promise.all(puts);
      },
    ),
  );
});

describe("Condition", () => {
  test("wakes all who wait, with the value, and nobody who comes later", async () => {
    const condition = new Condition<string>();
    const waiting = [condition.wait(), condition.wait()];
    expect(condition.notify("now")).toBe(2);
    expect(await Promise.all(waiting)).toEqual(["now", "now"]);
    const late = condition.wait();
    expect(await isSettled(late)).toBe(false);
    condition.notify("later");
    expect(await late).toBe("later");
    expect(condition.notify()).toBe(0);
  });

  test("one that waits again at once is not woken twice", async () => {
    const condition = new Condition<number>();
    const seen: number[] = [];
    const loop = (async () => {
      for (let i = 0; i < 2; i++) seen.push(await condition.wait());
    })();
    condition.notify(1);
    await new Promise((resolve) => setImmediate(resolve));
    condition.notify(2);
    await loop;
    expect(seen).toEqual([1, 2]);
  });
});
