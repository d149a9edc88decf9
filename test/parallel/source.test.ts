/** What pmap maps over is read as it is needed: cut where it can be, else element by element, and ended when nobody wants more. */
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { range } from "../../src/parallel/range.ts";
import { openSource, type Source, unfold } from "../../src/parallel/source.ts";

const open = (...collections: unknown[]) => openSource(collections, "pmap");

async function drain(source: Source, step: number): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  let read = source.total ?? 0;
  if (source.total === undefined) {
    for (let n = await source.read(step); n > 0; n = await source.read(step)) {
      expect(n).toBeLessThanOrEqual(step);
      read += n;
    }
  }
  for (let i = 0; i < read; i++) {
    rows.push(unfold(source.columns(i, 1), 1).map((column) => column[0]));
    source.release(i, 1);
  }
  return rows;
}

async function* counting(n: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let i = 0; i < n; i++) {
      log.push(`read ${i}`);
      yield i;
    }
  } finally {
    log.push("closed");
  }
}

describe("collections", () => {
  test.each<[string, () => unknown[], unknown[][]]>([
    ["an array", () => [[5, 6]], [[5], [6]]],
    ["a typed array", () => [new Float32Array([1.5, 2])], [[1.5], [2]]],
    ["a range", () => [range(2, 8, 3)], [[2], [5]]],
    ["a string, by characters", () => ["aé😀"], [["a"], ["é"], ["😀"]]],
    ["a Set", () => [new Set([1, 2])], [[1], [2]]],
    ["a Map, by entries", () => [new Map([["k", 1]])], [[["k", 1]]]],
    ["something with a length", () => [{ length: 2, 0: "x", 1: "y" }], [["x"], ["y"]]],
    [
      "two, as far as the shorter",
      () => [[1, 2, 3], range(10)],
      [
        [1, 0],
        [2, 1],
        [3, 2],
      ],
    ],
    [
      "an endless range beside a list",
      () => [range(0, Number.POSITIVE_INFINITY), ["a", "b"]],
      [
        [0, "a"],
        [1, "b"],
      ],
    ],
    [
      "a list beside a generator",
      () => [[1, 2, 3], new Set(["a", "b"])],
      [
        [1, "a"],
        [2, "b"],
      ],
    ],
    [
      "an async generator beside a list",
      () => [counting(5), ["a", "b"]],
      [
        [0, "a"],
        [1, "b"],
      ],
    ],
    ["nothing", () => [[]], []],
  ])("%s", async (_, make, rows) => {
    expect(await drain(open(...make()), 2)).toEqual(rows);
  });

  test("that cannot be iterated are refused", () => {
    expect(() => open()).toThrow(UsageError);
    expect(() => open([1], 5)).toThrow("argument 3 is 5");
    expect(() => open(null)).toThrow(UsageError);
    expect(() => open(range(0, Number.POSITIVE_INFINITY))).toThrow("ends");
  });
});

describe("reading", () => {
  test("goes no further than asked", async () => {
    const log: string[] = [];
    const source = open(counting(100, log));
    expect(await source.read(3)).toBe(3);
    expect(log).toEqual(["read 0", "read 1", "read 2"]);
    source.close();
    await new Promise(setImmediate);
    expect(log.at(-1)).toBe("closed");
    expect(await source.read(3)).toBe(0);
  });

  test("hands over what is there when the source is slow", async () => {
    let release: (() => void) | undefined;
    const slow = (async function* () {
      yield 1;
      yield 2;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield 3;
    })();
    const source = open(slow);
    expect(await source.read(10)).toBe(2);
    const more = source.read(10);
    release?.();
    expect(await more).toBe(1);
    expect(await source.read(10)).toBe(0);
  });

  test("ends the longer collection when the shorter one ends", async () => {
    const log: string[] = [];
    const source = open(counting(100, log), [1]);
    while ((await source.read(5)) > 0);
    await new Promise(setImmediate);
    expect(log).toEqual(["read 0", "read 1", "closed"]);
  });

  test("tells what the source throws, after what came before it", async () => {
    const source = open(
      (async function* () {
        yield 1;
        throw new Error("broken source");
      })(),
    );
    expect(await source.read(5)).toBe(1);
    await expect(async () => source.read(5)).rejects.toThrow("broken source");
  });

  test("keeps elements until they are released", async () => {
    const source = open(new Set(["a", "b"]));
    await source.read(2);
    expect(source.columns(1, 1)).toEqual([["b"]]);
    expect(source.columns(0, 2)).toEqual([["a", "b"]]);
    source.release(0, 1);
    expect(() => source.columns(0, 1)).toThrow();
  });
});

test("a stretch of a range has its very numbers, wherever it is cut", () => {
  const tenths = range(0, 100, 0.1);
  const source = open(tenths);
  for (const from of [0, 3, 17, 500]) {
    const [numbers] = unfold(source.columns(from, 400), 400);
    expect(numbers).toEqual(tenths.toArray().slice(from, from + 400));
  }
});
