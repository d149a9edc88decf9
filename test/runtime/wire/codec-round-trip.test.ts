import { deepStrictEqual, strictEqual } from "node:assert";
import { describe, expect, it } from "vitest";
import { copyBody } from "../../../src/runtime/wire/body.ts";
import { encodeValue, openBody } from "../../../src/runtime/wire/codec.ts";
import type { Peer } from "../../../src/runtime/wire/extension.ts";

const peer: Peer = { pid: 2, sameHost: true };

/** Sends a value through bytes: segments get memory of their own, as on a real connection. */
export function sent<T>(value: T): T {
  const encoded = encodeValue(value, peer);
  const segments = encoded.segments.map((segment) => {
    const own = Buffer.allocUnsafeSlow(segment.byteLength);
    own.set(segment);
    return own;
  });
  return openBody(encoded.flags, copyBody(encoded.body), segments, peer).read() as T;
}

/** Like deepStrictEqual, and tells -0 from 0, holes from undefined, and one object from two. */
function same(value: unknown): void {
  const copy = sent(value);
  deepStrictEqual(copy, value);
}

describe("values come back as they were", () => {
  const shared = { n: 1 };
  const cyclic: Record<string, unknown> = { name: "loop" };
  cyclic.self = cyclic;
  const holes = [1, , 3];
  const named = Object.assign([1, 2], { index: 7 });
  const sparse: unknown[] = [];
  sparse[1000] = 1;
  const hidden = Object.defineProperty({ a: 1 }, "b", { value: 2, writable: true, configurable: true });
  const cases: Record<string, unknown> = {
    "plain data": { a: [1, "x", true, null, undefined, 1.5, -7, 2 ** 40], b: { c: "ä€😀" } },
    "minus zero": [-0, 0, { x: -0 }],
    "not a number": [NaN, Infinity, -Infinity],
    "large integers": [2 ** 53, -(2 ** 53), 5n, -(2n ** 63n), 2n ** 63n, 2n ** 200n, -(2n ** 200n)],
    "lone surrogates": ["\ud800", "a\udc00b", { "\ud800": 1 }],
    "byte order marks": [`\ufeff${"x".repeat(200)}`, "\ufeff"],
    holes,
    sparse,
    "arrays with names": named,
    cyclic,
    sharing: [shared, shared],
    "keys of Object.prototype": JSON.parse('{"__proto__": {"x": 1}, "constructor": 1, "hasOwnProperty": 2, "toJSON": 3}'),
    "hidden properties": hidden,
    "no prototype": Object.assign(Object.create(null), { a: 1 }),
    maps: new Map<unknown, unknown>([[{ k: 1 }, new Set([1, { a: 2 }])], ["x", new Map()]]),
    dates: [new Date(0), new Date(1e12 + 1), new Date(-1.5e12), new Date(NaN)],
    boxed: [Object(1), Object("text"), Object(true), Object(5n), Object(-0)],
    urls: [new URL("https://user@example.org:81/a?b=c#d"), new URLSearchParams("a=1&a=2")],
    symbols: { [Symbol.for("x")]: 1, it: Symbol.iterator, reg: Symbol.for("y") },
    buffers: [Buffer.from("hello"), Buffer.alloc(10_000, 7), new ArrayBuffer(8), new Uint8Array([1, 2, 3]).buffer],
    views: [new Float64Array([1, -0, NaN]), new BigInt64Array([1n, -1n]), new DataView(new ArrayBuffer(8), 2, 4)],
    "large views": [new Float64Array(10_000).fill(1.5), new Uint16Array(50_000)],
    "many keys": Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i])),
    "long strings": ["x".repeat(3_000_000), "ü".repeat(2_000_000), "€".repeat(2_000_000)],
  };
  for (const [name, value] of Object.entries(cases)) it(name, () => same(value));

  it("holes stay holes", () => {
    expect(1 in sent(holes)).toBe(false);
    expect(Object.keys(sent(sparse))).toEqual(["1000"]);
    expect(sent(sparse).length).toBe(1001);
  });

  it("sharing stays sharing", () => {
    const [a, b] = sent([shared, shared]);
    strictEqual(a, b);
    const loop = sent(cyclic);
    strictEqual(loop.self, loop);
  });
});
