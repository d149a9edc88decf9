/**
 * The codec: any bytes give a value or a DecodeError; a value that was read travels on and arrives as it was; and no message leaves a trace
 * in the next one, or in the prototypes of the language.
 */
import { deepStrictEqual, ok } from "node:assert";
import { Packr } from "msgpackr";
import { SerializationError } from "../../src/errors.ts";
import { type Body, wholeBody } from "../../src/runtime/wire/body.ts";
import { DecodeError, type Encoded, encodeValue, openBody } from "../../src/runtime/wire/codec.ts";
import { Flag } from "../../src/runtime/wire/messages.ts";

const peer = { pid: 2, sameHost: true };

/** The first byte: flags. The second: how many segments of the third's length stand at the end. */
export function fuzz(data: Buffer): void {
  if (data.length < 3) return;
  const [flags = 0, , length = 0] = data;
  const end = segmentsAt(data);
  const segments = [];
  for (let at = end; at < data.length; at += length) segments.push(ownBytes(data.subarray(at, at + length)));
  const value = read(flags & Flag.TABLE, wholeBody(data.subarray(3, end)), segments);
  if (value !== FAILED) travels(value);
  ok(Reflect.ownKeys(Object.prototype).length === 12 && Reflect.ownKeys(Array.prototype).length === arrayKeys);
  deepStrictEqual(sent(sample), sample);
}

function segmentsAt(data: Buffer): number {
  const [, count = 0, length = 0] = data;
  return Math.max(3, data.length - (count % 4) * length);
}

const arrayKeys = Reflect.ownKeys(Array.prototype).length;
const sample = [{ a: 1 }, new Map([[1, "x"]])];
const FAILED = Symbol("failed");

function read(flags: number, body: Body, segments: readonly Uint8Array[]): unknown {
  try {
    return openBody(flags, body, segments, peer).read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return FAILED;
  }
}

/** Whatever can be received can be sent on, or is refused for a reason; and then it is the same. */
function travels(value: unknown): void {
  let first: Encoded;
  try {
    first = encodeValue(value, peer);
  } catch (error) {
    if (!(error instanceof SerializationError)) throw error;
    return;
  }
  const bytes = allBytes(first);
  const again = encodeValue(read(first.flags, copied(first.body), first.segments.map(ownBytes)), peer);
  ok(allBytes(again).equals(bytes), "a value changes on its way");
}

function sent(value: unknown): unknown {
  const { flags, body, segments } = encodeValue(value, peer);
  return read(flags, copied(body), segments.map(ownBytes));
}

function allBytes({ flags, body, segments }: Encoded): Buffer {
  return Buffer.concat([Buffer.from([flags]), body.bytes.subarray(body.start, body.end), ...segments]);
}

function copied(body: Body): Body {
  return wholeBody(Buffer.from(body.bytes.subarray(body.start, body.end)));
}

/** Segments have memory of their own. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  const own = Buffer.allocUnsafeSlow(bytes.byteLength);
  own.set(bytes);
  return own;
}

const packr = new Packr({ useRecords: false, variableMapSize: true, useToJSON: false });
const odd = [
  null,
  undefined,
  true,
  -1,
  0,
  1,
  5,
  2 ** 25,
  2 ** 32,
  2 ** 53,
  1.5,
  Number.NaN,
  2n ** 60n,
  "",
  "__proto__",
  "length",
  [],
];

/** Changes a message as the list of lists that it is; undefined when it is none. `others` are there to take parts from. */
export function mutate(input: Buffer, others: readonly Buffer[], random: () => number): Buffer | undefined {
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]) => list[below(list.length)] as T;
  const message = unpacked(input);
  if (message === undefined) return undefined;
  const foreign = listsIn(unpacked(pick(others)));
  for (let i = 1 + below(4); i > 0; i--) {
    const lists = listsIn(message);
    const list = pick(lists);
    const at = below(list.length + 1);
    const part = () =>
      random() < 0.3 || foreign.length === 0 ? pick(odd) : pick(pick(random() < 0.5 ? lists : foreign));
    const way = below(4);
    if (way === 0) list.splice(at, 1);
    else if (way === 1) list.splice(at, 0, copyOf(part()));
    else if (way === 2) list.splice(at, 1, copyOf(part()));
    else list.splice(at, 0, ...list.slice(below(list.length)).slice(0, 4).map(copyOf));
  }
  try {
    return Buffer.concat([input.subarray(0, 3), packr.pack(message), input.subarray(segmentsAt(input))]);
  } catch {
    return undefined; // a BigInt that only came in by an extension of msgpackr
  }
}

function copyOf(part: unknown): unknown {
  return Array.isArray(part) ? part.map(copyOf) : part;
}

function unpacked(input: Buffer): unknown[] | undefined {
  try {
    const message = packr.unpack(input.subarray(3, segmentsAt(input)));
    return Array.isArray(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function listsIn(part: unknown): unknown[][] {
  return Array.isArray(part) ? [part, ...part.flatMap(listsIn)] : [];
}

export function seeds(): Buffer[] {
  const shared = { n: 1 };
  const cyclic: unknown[] = [shared];
  cyclic.push(cyclic);
  const buffer = new ArrayBuffer(32);
  const values: unknown[] = [
    1,
    "text",
    [1, 2.5, -0, null, undefined, true, 2n ** 70n, -5n, 2n ** 40n],
    { a: { b: [1, "x"] }, "": 0, "\ud800": "\udc00" },
    cyclic,
    new Map<unknown, unknown>([[shared, new Set([1, shared])]]),
    [new Date(5), /x+/giu, Object(1n), Object(Symbol.iterator), Symbol.for("k"), Object("s")],
    [
      new RangeError("x"),
      Object.assign(new Error("y", { cause: 1 }), { code: "E" }),
      new DOMException("m", "AbortError"),
    ],
    [new AggregateError([new TypeError("t")], "all")],
    [new Float64Array(buffer, 8, 2), new Uint8Array(buffer), new DataView(buffer, 1, 5), Buffer.from("abc")],
    [new BigInt64Array(2), new Uint8ClampedArray([1, 300]), new Int16Array(3), new Float32Array(1), buffer],
    [new ArrayBuffer(8, { maxByteLength: 16 } as never)],
    Object.assign([1, , 3], { x: 1 }),
    Object.assign(Object.create(null), { p: 1 }),
    Object.defineProperty({ q: 1 }, "hidden", { value: 2, enumerable: false }),
    Object.defineProperty([1], "got", { get: undefined, set: undefined, enumerable: true } as never),
    [new URL("http://a/b?c#d"), new URLSearchParams("a=1&b=2")],
    (function (..._: unknown[]) {
      // biome-ignore lint/complexity/noArguments: it is one of the values that travel
      return arguments;
    })(1, shared, shared),
    ["x".repeat(1 << 20), new Float64Array(600)],
  ];
  return values.map((value) => {
    const { flags, body, segments } = encodeValue(value, peer);
    const short = segments.map((segment) => segment.subarray(0, 64));
    return Buffer.concat([Buffer.from([flags, short.length, 64]), body.bytes.subarray(body.start, body.end), ...short]);
  });
}
