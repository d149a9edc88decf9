/** sync waits for all that was started inside, and tells all errors; task starts when the current code yields. */
import { describe, expect, test } from "vitest";
import { withSignal } from "../../../src/runtime/refs/context.ts";
import { sync, task, trackChild } from "../../../src/runtime/refs/sync.ts";
import { pause } from "../../../src/runtime/refs/timedwait.ts";

async function later<T>(ms: number, value: T): Promise<T> {
  await pause(ms);
  return value;
}

async function failing(ms: number, text: string): Promise<never> {
  await pause(ms);
  throw new Error(text);
}

function messages(error: unknown): string[] {
  expect(error).toBeInstanceOf(AggregateError);
  return (error as AggregateError).errors.map((e: Error) => e.message);
}

describe("task", () => {
  test("starts after the current code has yielded", async () => {
    const seen: string[] = [];
    const t = task(() => {
      seen.push("task");
      return 5;
    });
    seen.push("code");
    expect(await t).toBe(5);
    expect(seen).toEqual(["code", "task"]);
  });
});

describe("sync", () => {
  test("gives the value of its block after everything has ended", async () => {
    const seen: number[] = [];
    const value = await sync(async () => {
      for (const i of [3, 1, 2]) {
        task(async () => {
          await pause(i * 5);
          seen.push(i);
        });
      }
      return "value";
    });
    expect(value).toBe("value");
    expect(seen.sort()).toEqual([1, 2, 3]);
  });

  test("takes a block that is not async", async () => {
    let done = false;
    const value = await sync(() => {
      task(() => later(5, 0)).then(() => {
        done = true;
      });
      return 7;
    });
    expect(value).toBe(7);
    expect(done).toBe(true);
  });

  test("follows the block through awaits and into tasks of tasks", async () => {
    const seen: string[] = [];
    await sync(async () => {
      await pause(2);
      task(async () => {
        await pause(2);
        task(async () => {
          await pause(10);
          seen.push("inner");
        });
      });
    });
    expect(seen).toEqual(["inner"]);
  });

  test("throws a single error as it is", async () => {
    const error = new TypeError("alone");
    const failed = sync(async () => {
      task(() => later(5, 1));
      task(() => {
        throw error;
      });
    });
    await expect(failed).rejects.toBe(error);
  });

  test("tells several errors in start order, after all have ended", async () => {
    let ended = 0;
    const error = await sync(async () => {
      task(() => failing(20, "first"));
      task(() => failing(1, "second"));
      task(() => later(40, 0)).then(() => ended++);
      task(() => failing(10, "third"));
    }).catch((e) => e);
    expect(messages(error)).toEqual(["first", "second", "third"]);
    expect(ended).toBe(1);
  });

  test("waits for the rest when the block itself throws, whose error comes first", async () => {
    let ended = false;
    const error = await sync(async () => {
      task(() => later(15, 0)).then(() => {
        ended = true;
      });
      task(() => failing(1, "child"));
      throw new Error("block");
    }).catch((e) => e);
    expect(ended).toBe(true);
    expect(messages(error)).toEqual(["block", "child"]);
  });

  test("tells an error once that a child and the block share", async () => {
    const error = await sync(async () => {
      await task(() => failing(1, "same"));
    }).catch((e) => e);
    expect(error.message).toBe("same");
  });

  test("does not count an error that the block has caught", async () => {
    const value = await sync(async () => {
      try {
        return await task(() => failing(1, "caught"));
      } catch {
        return "went on";
      }
    });
    expect(value).toBe("went on");
  });

  test("tells all failures of a Promise.all", async () => {
    const error = await sync(() =>
      Promise.all([task(() => failing(5, "a")), task(() => failing(1, "b")), task(() => failing(9, "c"))]),
    ).catch((e) => e);
    expect(messages(error)).toEqual(["a", "b", "c"]);
  });

  test("leaves an earlier caught error out when something else fails later", async () => {
    const error = await sync(async () => {
      await task(() => failing(1, "caught")).catch(() => {});
      task(() => failing(5, "real"));
    }).catch((e) => e);
    expect(error.message).toBe("real");
  });

  test("nests: the inner one waits for its own, the outer one for the inner one", async () => {
    const seen: string[] = [];
    await sync(async () => {
      sync(async () => {
        task(async () => {
          await pause(10);
          seen.push("inner task");
        });
      }).then(() => seen.push("inner sync"));
      task(async () => {
        await pause(1);
        seen.push("outer task");
      });
    });
    expect(seen).toEqual(["outer task", "inner task", "inner sync"]);
  });

  test("hands every child the promise's own value", async () => {
    await sync(async () => {
      expect(await Promise.all([1, 2, 3].map((i) => task(() => later(3 - i, i))))).toEqual([1, 2, 3]);
    });
  });

  test("costs nothing outside: the promise itself is handed out", () => {
    const child = Promise.resolve(1);
    expect(trackChild(child)).toBe(child);
  });

  test("a thousand children that start children", async () => {
    let count = 0;
    const spread = (depth: number): void => {
      count++;
      if (depth > 0) for (let i = 0; i < 10; i++) task(() => spread(depth - 1));
    };
    await sync(() => spread(3));
    expect(count).toBe(1111);
  });

  test("keeps the signal of the code around it", async () => {
    const giveUp = new AbortController();
    const waiting = withSignal(giveUp.signal, () =>
      sync(async () => {
        task(() => withSignal(new AbortController().signal, () => new Promise((_, no) => setTimeout(no, 5, "ended"))));
      }),
    );
    await expect(waiting).rejects.toBe("ended");
  });
});
