import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { copyBody, wholeBody } from "../../../src/runtime/wire/body.ts";
import { encodeValue, openBody } from "../../../src/runtime/wire/codec.ts";
import { FrameError } from "../../../src/runtime/wire/frames.ts";
import { Link } from "../../../src/runtime/wire/link.ts";
import { Kind } from "../../../src/runtime/wire/messages.ts";
import { connect, type Listener, listen } from "../../../src/runtime/wire/transports.ts";
import { duplexPair } from "./duplex-pair.ts";
import { peer } from "./sent.ts";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A link whose frames are kept, and a promise of its end. */
class End {
  readonly link: Link;
  readonly values: unknown[] = [];
  readonly closed: Promise<Error | undefined>;
  closes = 0;
  #waiting: { count: number; resolve: () => void } | undefined;

  constructor(stream: Duplex, onFrame?: (end: End, id: number, value: unknown) => void) {
    let closed: (error: Error | undefined) => void = () => {};
    this.closed = new Promise((resolve) => {
      closed = resolve;
    });
    this.link = new Link(stream, peer, {
      frame: (_kind, flags, id, body, segments) => {
        const value = openBody(flags, copyBody(body), segments, peer).read();
        this.values.push(value);
        onFrame?.(this, id, value);
        if (this.#waiting !== undefined && this.values.length >= this.#waiting.count) this.#waiting.resolve();
      },
      close: (error) => {
        this.closes++;
        closed(error);
      },
    });
  }

  send(value: unknown, id = 1): void {
    this.link.send(Kind.CALL, id, encodeValue(value, peer));
  }

  /** Resolves when so many frames have come. */
  received(count: number): Promise<void> {
    if (this.values.length >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { count, resolve };
    });
  }
}

const echo = (end: End, id: number, value: unknown) => end.send(value, id);

async function unixPair(): Promise<[Duplex, Duplex]> {
  const folder = mkdtempSync(join(tmpdir(), "tjl-link-"));
  return socketPair({ host: join(folder, "s"), port: 0 }, () => rmSync(folder, { recursive: true }));
}

const tcpPair = () => socketPair({ host: "127.0.0.1", port: 0 }, () => {});

async function socketPair(address: { host: string; port: number }, cleanup: () => void): Promise<[Duplex, Duplex]> {
  let accepted: (stream: Duplex) => void = () => {};
  const incoming = new Promise<Duplex>((resolve) => {
    accepted = resolve;
  });
  const listener: Listener = await listen(address, accepted);
  const out = await connect(listener.address);
  const into = await incoming;
  cleanups.push(async () => {
    out.destroy();
    into.destroy();
    await listener.close();
    cleanup();
  });
  return [out, into];
}

const transports = {
  "Unix-domain sockets": unixPair,
  TCP: tcpPair,
  "any stream": () => Promise.resolve(duplexPair()),
};

for (const [name, pair] of Object.entries(transports)) {
  describe(`over ${name}`, () => {
    it("frames come back in order", async () => {
      const [a, b] = await pair();
      const here = new End(a);
      new End(b, echo);
      const values = Array.from({ length: 20_000 }, (_, i) => [i, "x".repeat(i % 50)]);
      for (const value of values) here.send(value);
      await here.received(values.length);
      expect(here.values).toEqual(values);
    });

    it("large values come back, between small ones", async () => {
      const [a, b] = await pair();
      const here = new End(a);
      new End(b, echo);
      const numbers = Float64Array.from({ length: 1_500_000 }, (_, i) => i / 3);
      const values = [
        1,
        numbers,
        "x".repeat(500_000),
        [Buffer.alloc(5000, 7), numbers.subarray(0, 700)],
        new Uint8Array(20_000),
      ];
      for (let round = 0; round < 3; round++) for (const value of values) here.send(value);
      await here.received(3 * values.length);
      for (const [i, value] of here.values.entries()) {
        const expected = values[i % values.length];
        if (expected instanceof Float64Array) expect(Buffer.compare(bytes(value), bytes(expected))).toBe(0);
        else expect(value).toEqual(expected);
      }
    });

    it("an end is told once on both sides, after all that was sent", async () => {
      const [a, b] = await pair();
      const here = new End(a);
      const there = new End(b);
      for (let i = 0; i < 5000; i++) here.send(i);
      here.send(new Float64Array(100_000));
      await here.link.end();
      expect([await here.closed, await there.closed]).toEqual([undefined, undefined]);
      expect(there.values.length).toBe(5001);
      here.send("too late");
      here.link.destroy();
      there.link.destroy();
      await Promise.all([here.link.end(), there.link.end(), here.link.drained()]);
      expect([here.closes, there.closes]).toEqual([1, 1]);
    });

    it("`destroy` tells its reason here, an end there", async () => {
      const [a, b] = await pair();
      const here = new End(a);
      const there = new End(b);
      here.link.destroy(new Error("enough"));
      expect((await here.closed)?.message).toBe("enough");
      await there.closed;
      expect([here.closes, there.closes]).toEqual([1, 1]);
    });

    it("a frame that is cut off is an error", async () => {
      const [a, b] = await pair();
      const there = new End(b);
      a.end(Buffer.from([200, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3]));
      expect(await there.closed).toBeInstanceOf(FrameError);
      expect(there.values).toEqual([]);
    });

    it("a frame beyond the limits ends the connection", async () => {
      const [a, b] = await pair();
      const there = new End(b);
      a.on("error", () => {});
      a.write(Buffer.alloc(64, 0xff));
      expect((await there.closed)?.message).toMatch(/the limit is/);
    });
  });
}

function bytes(view: unknown): Uint8Array {
  const { buffer, byteOffset, byteLength } = view as Float64Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

it("a small frame leaves at the end of the turn, with the others of the turn", async () => {
  const [a, b] = duplexPair();
  const writes: number[] = [];
  const write = a.write as (chunk: Buffer) => boolean;
  a.write = ((chunk: Buffer) => {
    writes.push(chunk.length);
    return write.call(a, chunk);
  }) as typeof a.write;
  const here = new End(a);
  const there = new End(b);
  for (let i = 0; i < 100; i++) here.send(i);
  expect(writes).toEqual([]);
  await there.received(100);
  expect(writes.length).toBe(1);
});

it("a slow reader is seen, and waited for", async () => {
  const [a, b] = await unixPair();
  b.pause();
  const here = new End(a);
  const body = wholeBody(Buffer.alloc(10_000));
  for (let i = 0; i < 500; i++) here.link.send(Kind.CALL, i, { flags: 0, body, segments: [] });
  here.link.flush();
  expect(here.link.queuedBytes).toBeGreaterThan(1e6);
  let isDrained = false;
  const drained = here.link.drained().then(() => {
    isDrained = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isDrained).toBe(false);
  let got = 0;
  const count = () => {
    got++;
  };
  new Link(b, peer, { frame: count, close: () => {} });
  await drained;
  expect(here.link.queuedBytes).toBeLessThan(300_000);
  await here.link.end();
  expect(got).toBe(500);
});

it("those who wait for room are let go when the connection breaks", async () => {
  const [a, b] = await unixPair();
  b.pause();
  const here = new End(a);
  for (let i = 0; i < 300; i++) here.send("x".repeat(9000));
  here.link.flush();
  const drained = here.link.drained();
  b.destroy();
  await drained;
  await here.closed;
});

it("`end` does not wait for ever for the other side's end", async () => {
  const [a, b] = duplexPair();
  const here = new End(a);
  b.on("data", () => {});
  b.end = (() => b) as typeof b.end;
  here.send(1);
  await here.link.end();
  expect(await here.closed).toBeUndefined();
});
