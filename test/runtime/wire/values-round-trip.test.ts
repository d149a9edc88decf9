import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RemoteError } from "../../../src/errors.ts";
import { runs } from "./fuzz-runs.ts";
import { assertSame } from "./same.ts";
import { sent } from "./sent.ts";

function roundTrips(value: unknown): void {
  assertSame(sent(value), value);
}

/** A list with holes: new Array leaves them, a literal with commas would be "fixed" by formatters. */
function withHoles(length: number, items: Record<number, unknown>): unknown[] {
  return Object.assign(new Array(length), items);
}

const shared = { n: 1 };
const cyclic: Record<string, unknown> = { name: "loop", list: [] };
cyclic.self = cyclic;
(cyclic.list as unknown[]).push(cyclic);
const mapInItself = new Map<unknown, unknown>();
mapInItself.set(mapInItself, new Set([mapInItself]));
const cause = new TypeError("inner");
const withLastIndex = /a(?<b>c)/giu;
withLastIndex.lastIndex = 7;
const twoViews = new ArrayBuffer(64);
const heap = new ArrayBuffer(1 << 20);

const cases: Record<string, unknown> = {
  "plain data": { a: [1, "x", true, null, undefined, 1.5, -7, 2 ** 40], b: { c: "ä€😀" } },
  "minus zero": [-0, 0, { x: -0 }, Object(-0)],
  "not a number": [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  "large integers": [2 ** 53, -(2 ** 53), 5n, -(2n ** 63n), 2n ** 63n, 2n ** 64n, 2n ** 2000n, -(2n ** 200n)],
  "lone surrogates": ["\ud800", "a\udc00b", { "\ud800": 1 }],
  "byte order marks": [`\ufeff${"x".repeat(200)}`, "\ufeff", { [`\ufeff${"k".repeat(100)}`]: 1 }],
  holes: withHoles(3, { 0: 1, 2: 3 }),
  "only holes": withHoles(5, {}),
  "a sparse array": withHoles(1_000_001, { 1000: 1, 1000000: [2] }),
  "a huge sparse array": withHoles(2 ** 32 - 1, { 7: 1 }),
  "arrays with names": Object.assign([1, 2], { index: 7, groups: undefined }),
  "a long array with a name": Object.assign(
    Array.from({ length: 500 }, (_, i) => i),
    { note: "x" },
  ),
  "the result of a match": /(?<x>a)b/d.exec("cab"),
  cycles: cyclic,
  "a map in itself": mapInItself,
  sharing: [shared, shared, { shared }],
  "keys of Object.prototype": JSON.parse('{"__proto__": {"x": 1}, "constructor": 1, "hasOwnProperty": 2, "toJSON": 3}'),
  "keys like numbers": { 1: "a", "-1": "b", "01": "c", "": "d" },
  "hidden properties": Object.defineProperty({ a: 1 }, "b", { value: { c: 2 }, writable: true, configurable: true }),
  "no prototype": Object.assign(Object.create(null), { a: 1, b: Object.create(null) }),
  maps: new Map<unknown, unknown>([
    [{ k: 1 }, new Set([1, { a: 2 }])],
    ["x", new Map()],
    [Number.NaN, -0],
  ]),
  "fields of maps": Object.assign(new Map([[1, 2]]), { note: "x", [Symbol.for("s")]: [1] }),
  dates: [new Date(0), new Date(1e12 + 1), new Date(-1.5e12), new Date(Number.NaN)],
  "regular expressions": [withLastIndex, Reflect.construct(RegExp, ["[a-z]\\u2028", "v"]), /(?:)/],
  boxed: [Object(1), Object("text"), Object(true), Object(false), Object(5n), Object(Symbol.for("x"))],
  urls: [new URL("https://user@example.org:81/a?b=c#d"), new URLSearchParams("a=1&a=2&b=%20+")],
  symbols: { [Symbol.for("x")]: 1, [Symbol.iterator]: 2, it: Symbol.asyncIterator, registered: Symbol.for("y") },
  errors: [new Error("a"), new RangeError("b", { cause }), Object.assign(new Error(), { code: "E", extra: [cause] })],
  "an error of many": new AggregateError([cause, "text", { a: 1 }], "several"),
  "an error without a cause": new Error("x", { cause: undefined }),
  "an error of ours": new RemoteError({
    pid: 3,
    host: "h",
    cause,
    remoteStack: "TypeError: inner\n    at f (a.ts:1:2)",
  }),
  "a renamed error": Object.defineProperty(new Error("x"), "name", {
    value: "Odd",
    configurable: true,
    writable: true,
  }),
  buffers: [Buffer.from("hello"), Buffer.alloc(10_000, 7), new ArrayBuffer(8), new Uint8Array([1, 2, 3]).buffer],
  "empty buffers": [Buffer.alloc(0), new ArrayBuffer(0), new Float64Array(0), new DataView(new ArrayBuffer(0))],
  views: [
    new Int8Array([-1]),
    new Uint8Array([1]),
    new Uint8ClampedArray([255]),
    new Int16Array([-1]),
    new Uint16Array([1]),
    new Int32Array([-1]),
    new Uint32Array([1]),
    new Float32Array([0.5]),
    new Float64Array([1, -0, Number.NaN]),
    new BigInt64Array([1n, -1n]),
    new BigUint64Array([2n ** 64n - 1n]),
    new DataView(new ArrayBuffer(8), 2, 4),
  ],
  "large views": [new Float64Array(10_000).fill(1.5), new Uint16Array(50_000), new DataView(new ArrayBuffer(9000))],
  "two views of one buffer": [new Uint8Array(twoViews), new Float64Array(twoViews, 8, 2), twoViews],
  "arguments of a function": (function (..._: unknown[]) {
    // biome-ignore lint/complexity/noArguments: it is what is tested
    return [...arguments].length;
  })(1, 2),
  "many keys": Object.fromEntries(Array.from({ length: 66_000 }, (_, i) => [`k${i}`, i])),
  "many objects": Array.from({ length: 2000 }, (_, i) => ({ i, list: [i] })),
  "long strings": ["x".repeat(1_100_000), "ü".repeat(1_100_000), "€".repeat(1_100_000), "\ud800".repeat(1_100_000)],
};

describe("values come back as they were", () => {
  for (const [name, value] of Object.entries(cases)) it(name, () => roundTrips(value));

  it("DOMException", () => {
    const error = new DOMException("no", "AbortError");
    const copy = sent(error);
    expect(copy).toBeInstanceOf(DOMException);
    expect([copy.name, copy.message, copy.code, copy.stack]).toEqual([
      error.name,
      error.message,
      error.code,
      error.stack,
    ]);
  });

  it("an arguments object", () => {
    const list = (function (..._: unknown[]) {
      // biome-ignore lint/complexity/noArguments: it is what is tested
      return arguments;
    })(1, "two", shared);
    const copy = sent(list);
    expect(Object.prototype.toString.call(copy)).toBe("[object Arguments]");
    expect([...copy]).toEqual([1, "two", shared]);
  });

  it.skipIf(typeof ArrayBuffer.prototype.resize !== "function")("resizable buffers", () => {
    const buffer = new ArrayBuffer(16, { maxByteLength: 64 });
    const fixed = new Uint8Array(buffer, 8, 4);
    const following = new Uint16Array(buffer, 4);
    fixed.set([1, 2, 3, 4]);
    const copy = sent({ buffer, fixed, following });
    assertSame(copy, { buffer, fixed, following });
    copy.buffer.resize(32);
    expect([copy.fixed.length, copy.following.length]).toEqual([4, 14]);
    const full = new ArrayBuffer(16, { maxByteLength: 16 });
    const views = [new Uint8Array(full, 3), new Uint8Array(full, 3, 13), new Float64Array(full)];
    views[2]?.fill(1.5);
    const copies = sent(views);
    assertSame(copies, views);
    ((copies[0] as Uint8Array).buffer as ArrayBuffer).resize(10);
    expect(copies.map((view) => view.length)).toEqual([7, 0, 1]);
  });

  it("a chain of a hundred thousand objects", () => {
    let chain: { next: unknown; list: unknown[] } | undefined;
    for (let i = 0; i < 100_000; i++) chain = { next: chain, list: [] };
    let length = 0;
    for (let at: unknown = sent(chain); at !== undefined; at = (at as { next: unknown }).next) length++;
    expect(length).toBe(100_000);
  });

  it("nothing reaches a prototype", () => {
    const hostile = JSON.parse(
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
    ) as object;
    const copy = sent([hostile, new Map([[hostile, hostile]])]);
    expect(Object.getPrototypeOf(copy[0])).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    assertSame(copy[0], hostile);
  });
});

describe("a view of a large buffer", () => {
  it("takes its own part along", () => {
    const part = new Float64Array(heap, 4096, 1000);
    const copy = sent({ part });
    expect([copy.part.length, copy.part.buffer.byteLength]).toEqual([1000, 8000]);
  });

  it("shares its part with another view that overlaps it, however far a third one is", () => {
    const a = new Float64Array(heap, 4096, 1000);
    const b = new Uint8Array(heap, 4099, 100);
    const far = new Uint8Array(heap, heap.byteLength - 8);
    const copy = sent({ a, b, far });
    copy.b.fill(7);
    assertSame(copy.b.buffer, copy.a.buffer);
    expect(new Uint8Array(copy.a.buffer, copy.a.byteOffset)[3]).toBe(7);
    expect(copy.a.buffer.byteLength + copy.far.buffer.byteLength).toBeLessThan(9000);
  });

  it("a buffer of Node's pool brings no strangers", () => {
    const copy = sent(Buffer.from("secret"));
    expect(copy.toString()).toBe("secret");
    expect(Buffer.isBuffer(copy)).toBe(true);
  });
});

const leaf = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withBoxedValues: true,
    withNullPrototype: true,
    withUnicodeString: true,
  }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(-0, undefined, Number.NaN, Symbol.iterator, Symbol.for("k"), "\ufeffx"),
  fc.uint8Array({ maxLength: 9000 }),
  fc.string().map((message) => new RangeError(message)),
);

it("arbitrary values round-trip", () => {
  const values = fc.oneof(
    leaf,
    fc.array(leaf),
    fc.dictionary(fc.string({ unit: "binary" }), leaf),
    fc.tuple(leaf, leaf).map(([a, b]) => [a, b, a, new Map([[a, b]])]),
  );
  fc.assert(
    fc.property(values, (value) => roundTrips(value)),
    runs(400),
  );
});
