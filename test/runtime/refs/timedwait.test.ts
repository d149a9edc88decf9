/** timedwait looks once before it waits, and a last time when the time is over. */
import { expect, test } from "vitest";
import { InterruptError, UsageError } from "../../../src/errors.ts";
import { timedwait } from "../../../src/runtime/refs/timedwait.ts";

test("gives ok at once when it is true already, even with no time", async () => {
  expect(await timedwait(() => true, 0)).toBe("ok");
});

test("gives ok when it becomes true, also from an async test", async () => {
  let looks = 0;
  expect(await timedwait(async () => ++looks === 3, 10, { pollint: 0.001 })).toBe("ok");
  expect(looks).toBe(3);
});

test("gives timed_out when it does not", async () => {
  const started = performance.now();
  expect(await timedwait(() => false, 0.05)).toBe("timed_out");
  expect(performance.now() - started).toBeGreaterThanOrEqual(49);
});

test("rejects with what the test throws, and when it is told to give up", async () => {
  await expect(
    timedwait(() => {
      throw new Error("broken test");
    }, 1),
  ).rejects.toThrow("broken test");
  const giveUp = new AbortController();
  const waiting = timedwait(() => false, 60, { signal: giveUp.signal });
  setImmediate(() => giveUp.abort());
  await expect(waiting).rejects.toBeInstanceOf(InterruptError);
});

test("refuses what makes no sense", async () => {
  await expect(timedwait(() => true, -1)).rejects.toBeInstanceOf(UsageError);
  await expect(timedwait(() => true, 1, { pollint: 0 })).rejects.toBeInstanceOf(UsageError);
  await expect(timedwait(5 as never, 1)).rejects.toBeInstanceOf(UsageError);
});
