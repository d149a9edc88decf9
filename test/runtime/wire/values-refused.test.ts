import { AsyncLocalStorage } from "node:async_hooks";
import { spawn } from "node:child_process";
import { createHash, createSecretKey } from "node:crypto";
import { createSocket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { createReadStream } from "node:fs";
import { Agent } from "node:http";
import { createServer, Socket } from "node:net";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { Script } from "node:vm";
import { describe, expect, it, test } from "vitest";
import { SerializationError } from "../../../src/errors.ts";
import { encodeValue } from "../../../src/runtime/wire/codec.ts";
import { defaultLimits } from "../../../src/runtime/wire/frames.ts";
import { peer } from "./sent.ts";

function refusal(value: unknown, name?: string | ((index: number) => string)): string {
  try {
    encodeValue(value, peer, name);
  } catch (error) {
    if (error instanceof SerializationError) return error.message;
    throw error;
  }
  return "sent";
}

class Account {
  owner = "x";
}

describe("what cannot travel is refused with the way to it", () => {
  it("names the steps", () => {
    const socket = new Socket();
    const value = { a: [1, new Map<string, unknown>([["k", { "odd key": new Set([{ conn: socket }]) }]])] };
    expect(refusal(value, "cfg")).toBe(
      'cannot send cfg -> .a -> [1] -> .get("k") -> ["odd key"] -> an element -> .conn: a Socket is tied to this process',
    );
  });

  it("names the elements of a list of arguments", () => {
    const names = (index: number) => (index === 0 ? "use" : `argument ${index}`);
    expect(refusal([1, { conn: new WeakMap() }], names)).toBe(
      "cannot send argument 1 -> .conn: a WeakMap is tied to this process; use a Map",
    );
  });

  const detached = new ArrayBuffer(8);
  structuredClone(detached, { transfer: [detached] });
  const cases: [string, unknown, RegExp][] = [
    ["a promise", Promise.resolve(1), /a Promise is tied to this process; await it first/],
    ["a generator", (function* () {})(), /a generator is tied/],
    ["an async generator", (async function* () {})(), /a generator is tied/],
    ["a weak set", new WeakSet(), /a WeakSet is tied/],
    ["a weak reference", new WeakRef({}), /a WeakRef is tied/],
    ["a finalization registry", new FinalizationRegistry(() => {}), /a FinalizationRegistry is tied/],
    ["a symbol of its own", Symbol("mine"), /Symbol\(mine\) exists in this process only/],
    [
      "a symbol of its own as a key",
      { [Symbol("mine")]: 1 },
      /\[Symbol\(mine\)\]: Symbol\(mine\) exists in this process/,
    ],
    ["shared memory", new SharedArrayBuffer(8), /a SharedArrayBuffer is tied/],
    ["a view of shared memory", new Uint8Array(new SharedArrayBuffer(8)), /a SharedArrayBuffer is tied/],
    ["a stream", createReadStream("/dev/null"), /a ReadStream is tied/],
    ["a timer", setTimeout(() => {}, 0), /a Timeout is tied/],
    ["an abort signal", new AbortController().signal, /an? AbortSignal is tied/],
    ["a web stream", new ReadableStream(), /a ReadableStream is tied/],
    ["a transform stream", new TransformStream(), /a TransformStream is tied/],
    ["an immediate", setImmediate(() => {}), /an? Immediate is tied/],
    ["a server", createServer(), /a Server is tied/],
    ["an agent", new Agent(), /an? Agent is tied/],
    ["a datagram socket", createSocket("udp4").unref(), /a Socket is tied/],
    ["a readline interface", createInterface({ input: new PassThrough() }), /an? Interface is tied/],
    ["a hash", createHash("md5"), /a Hash is tied/],
    ["a key", createSecretKey("00", "hex"), /a SecretKeyObject is tied/],
    ["a script", new Script("1"), /a Script is tied/],
    ["a storage", new AsyncLocalStorage(), /an? AsyncLocalStorage is tied/],
    ["a channel of ports", new MessageChannel(), /a MessageChannel is tied/],
    ["an iterator", new Map().entries(), /an iterator is tied/],
    ["a port", new MessageChannel().port1, /a MessagePort is tied/],
    ["an instance of an unknown class", new Account(), /nothing tells how an instance of Account travels/],
    ["an emitter", new EventEmitter(), /nothing tells how an instance of EventEmitter travels/],
    ["what only looks like a date", Object.create(Date.prototype), /nothing tells how an instance of Date travels/],
    ["what only looks like a map", Object.create(Map.prototype), /nothing tells how an instance of Map travels/],
    ["a function", () => 1, /functions cannot be sent here/],
    [
      "an accessor",
      Object.defineProperty({}, "x", { get: () => 1, enumerable: true }),
      /\.x: functions cannot be sent here/,
    ],
    ...("detached" in ArrayBuffer.prototype
      ? ([["a detached buffer", detached, /it was transferred away/]] as [string, unknown, RegExp][])
      : []),
  ];
  for (const [name, value, text] of cases) it(name, () => expect(refusal([value])).toMatch(text));

  it("a child process", async () => {
    const child = spawn("true");
    expect(refusal(child)).toMatch(/a ChildProcess is tied/);
    await once(child, "close");
  });

  it("nothing of a refused message is committed", () => {
    expect(refusal({ a: new Date(), b: [new WeakMap()] })).toMatch(/WeakMap/);
    expect(refusal({ a: new Date() })).toBe("sent");
  });
});

test("what the other side would end the connection for is refused here", () => {
  const limits = defaultLimits as { bodyBytes: number; segments: number; segmentBytes: number };
  const usual = { ...limits };
  Object.assign(limits, { bodyBytes: 1000, segments: 2, segmentBytes: 100_000 });
  try {
    const tooMuch = Array.from({ length: 500 }, (_, i) => i * 0.1);
    expect(refusal(tooMuch)).toMatch(/^cannot send this value: it packs to \d+ bytes, the limit is 1000$/);
    expect(refusal([tooMuch, new Map()])).toMatch(/it packs to \d+ bytes, the limit is 1000$/);
    expect(refusal([1, 2, 3].map(() => new Uint8Array(20_000)))).toMatch(/it has 3 large buffers, the limit is 2$/);
    expect(refusal(new Uint8Array(200_000))).toMatch(/its buffers are 200000 bytes, the limit is 100000$/);
  } finally {
    Object.assign(limits, usual);
  }
});
