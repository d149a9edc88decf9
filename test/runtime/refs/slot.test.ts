import { expect, test } from "vitest";
import { Slot } from "../../../src/runtime/refs/slot.ts";

test("readers wait for the value and leave it", async () => {
  const slot = new Slot();
  const reads = [slot.read(), slot.read()];
  await slot.put(7);
  expect(await Promise.all(reads)).toEqual([7, 7]);
  expect(slot.isReady).toBe(true);
});

test("a taker empties it for the next putter, in the order of asking", async () => {
  const slot = new Slot();
  await slot.put("a");
  const second = slot.put("b");
  const third = slot.put("c");
  expect([await slot.take(), await slot.take(), await slot.take()]).toEqual(["a", "b", "c"]);
  await Promise.all([second, third]);
  expect(slot.isReady).toBe(false);
});

test("readers that came before a taker see the value, those after it wait for the next", async () => {
  const slot = new Slot();
  const before = slot.read();
  const taker = slot.take();
  const after = slot.read();
  await slot.put(1);
  expect(await Promise.all([before, taker])).toEqual([1, 1]);
  await slot.put(2);
  expect(await after).toBe(2);
});

test("a wait that is given up does not swallow the value", async () => {
  const slot = new Slot();
  const giveUp = new AbortController();
  const given = slot.take(giveUp.signal);
  giveUp.abort();
  await expect(given).rejects.toThrow("interrupted");
  await slot.put(3);
  expect(slot.isReady).toBe(true);
});

test("a failed call fails all who wait and all who come", async () => {
  const slot = new Slot();
  const waiting = slot.read();
  const error = new Error("no");
  slot.fail(error);
  await expect(waiting).rejects.toBe(error);
  await expect(slot.take()).rejects.toBe(error);
  await expect(slot.put(1)).rejects.toBe(error);
});
