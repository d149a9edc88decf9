import { createHmac, randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Greeting, greet, HandshakeError } from "../../../src/runtime/wire/handshake.ts";
import type { Hello } from "../../../src/runtime/wire/messages.ts";
import { PROTOCOL } from "../../../src/runtime/wire/protocol.ts";
import { sourceOf } from "../../../src/runtime/wire/source.ts";
import { dropTicket, makeTicket, readTicket, type Ticket, ticketText } from "../../../src/runtime/wire/ticket.ts";
import { duplexPair } from "./duplex-pair.ts";
import { runs } from "./fuzz-runs.ts";

const hello = (pid: number): Hello => ({
  protocol: PROTOCOL,
  version: "0.1.0",
  node: "20.19.0",
  platform: "linux-x64",
  pid,
  host: `host${pid}`,
});
const connecting: Greeting = { cookie: "secret", hello: hello(1), side: "connecting" };
const accepting: Greeting = { cookie: "secret", hello: hello(2), side: "accepting" };

/** What each side gets: its hello, or the text of its error. */
async function both(a: Partial<Greeting>, b: Partial<Greeting>): Promise<(Hello | string)[]> {
  const [left, right] = duplexPair();
  const ends = await Promise.all([outcome(left, { ...connecting, ...a }), outcome(right, { ...accepting, ...b })]);
  left.destroy();
  right.destroy();
  return ends;
}

function outcome(stream: Duplex, greeting: Greeting): Promise<Hello | string> {
  return greet(stream, greeting).catch((error: Error) => {
    expect(error).toBeInstanceOf(HandshakeError);
    expect(stream.destroyed).toBe(true);
    expect(error.message).not.toContain("secret");
    return error.message;
  });
}

describe("handshake", () => {
  it("each side learns the other's hello", async () => {
    expect(await both({}, {})).toEqual([hello(2), hello(1)]);
  });

  it("a wrong cookie is refused on both sides", async () => {
    expect(await both({ cookie: "wrong" }, {})).toEqual([
      "handshake failed: the other side closed the connection (it may have refused the cookie)",
      "the other side does not know the cookie",
    ]);
  });

  it("a listener that does not know the cookie is found out", async () => {
    const [left, right] = duplexPair();
    const end = outcome(left, connecting);
    const messages = rawMessages(right);
    messages.send(Buffer.concat([Buffer.from("tjl\x01"), randomBytes(32)]));
    await messages.next();
    messages.send(Buffer.concat([Buffer.from(JSON.stringify(Object.values(hello(2)))), randomBytes(32)]));
    expect(await end).toBe("the other side does not know the cookie");
  });

  it("another protocol is told with both versions", async () => {
    const other = { ...hello(2), protocol: 9, version: "7.0.0" };
    const [left, right] = await both({}, { hello: other });
    expect(left).toMatch(/process 2 on host2 has tjulia 7\.0\.0, which speaks protocol 9; here it is tjulia 0\.1\.0/);
    expect(right).toEqual(hello(1));
  });

  it("a recorded handshake is worth nothing", async () => {
    const [left, right] = duplexPair();
    const recorded: Buffer[] = [];
    right.on("data", (chunk: Buffer) => recorded.push(chunk));
    await Promise.all([outcome(left, connecting), outcome(right, accepting)]);
    const [again, listener] = duplexPair();
    const end = outcome(listener, accepting);
    again.write(Buffer.concat(recorded));
    expect(await end).toBe("the other side does not know the cookie");
  });

  describe("with a ticket", () => {
    const ticketFor = (there = accepting.hello) => makeTicket("secret", connecting.hello, there);
    /** As it comes to the worker. */
    const handedOver = (ticket: Ticket) => readTicket(ticketText(ticket).split(" "));

    it("both sides learn the other's hello, and the side that holds it has nothing to work out", async () => {
      const ticket = handedOver(ticketFor());
      // Whoever had to prove something by this cookie would be refused.
      expect(await both({}, { ticket, cookie: "not needed" })).toEqual([hello(2), hello(1)]);
    });

    it("it is good for one handshake, and another one is as ever", async () => {
      const ticket = ticketFor();
      expect(await both({}, { ticket, cookie: "not needed" })).toEqual([hello(2), hello(1)]);
      expect(await both({}, { ticket })).toEqual([hello(2), hello(1)]);
      expect(await both({}, { ticket, cookie: "wrong" })).toContain("the other side does not know the cookie");
    });

    it("what comes otherwise than foreseen is worked out: another peer, another hello", async () => {
      expect(await both({ hello: hello(7) }, { ticket: ticketFor() })).toEqual([hello(2), hello(7)]);
      expect(await both({}, { ticket: ticketFor(hello(3)) })).toEqual([hello(2), hello(1)]);
      const dropped = ticketFor();
      dropTicket(dropped);
      expect(await both({}, { ticket: dropped })).toEqual([hello(2), hello(1)]);
    });

    it("a wrong cookie is refused, and so is a ticket of another cluster", async () => {
      const refused = "the other side does not know the cookie";
      expect(await both({ cookie: "wrong" }, { ticket: ticketFor() })).toContain(refused);
      const other = makeTicket("other", connecting.hello, accepting.hello);
      expect(await both({}, { ticket: other })).toContain(refused);
    });

    it("what is no ticket is none", () => {
      expect(readTicket([])).toBeUndefined();
      expect(readTicket(["a", "b"])).toBeUndefined();
    });
  });

  it("a proof sent back to where it came from is no proof", async () => {
    // Two listeners; the attacker hands the nonce of one to the other, which as a listener never proves first.
    const [mine, listener] = duplexPair();
    const end = outcome(listener, accepting);
    const messages = rawMessages(mine);
    const opening = await messages.next();
    const nonce = opening.subarray(4);
    const here = Buffer.from(JSON.stringify(Object.values(hello(1))));
    const proof = createHmac("sha256", "not it").update(nonce).digest();
    messages.send(Buffer.concat([nonce, here, proof]));
    expect(await end).toBe("the other side does not know the cookie");
  });

  it("what listens there may be something else", async () => {
    const [left, right] = duplexPair();
    const end = outcome(left, connecting);
    right.write("\x20\x00HTTP/1.1 400 Bad Request\r\n\r\nxxxxxxxxxx");
    expect(await end).toMatch(/what listens there is not tjulia/);
    const [one, two] = duplexPair();
    const other = outcome(one, connecting);
    two.write("SSH-2.0-OpenSSH_9.2\r\n");
    expect(await other).toMatch(/not a handshake of tjulia/);
  });

  it("silence and slow bytes end with the time", async () => {
    const [left, right] = duplexPair();
    const drip = setInterval(() => right.write("\0"), 5);
    expect(await outcome(left, { ...connecting, timeoutMs: 80 })).toMatch(
      /no complete handshake within 0\.08 s|not tjulia/,
    );
    clearInterval(drip);
    const [one] = duplexPair();
    expect(await outcome(one, { ...accepting, timeoutMs: 30 })).toBe(
      "handshake failed: no complete handshake within 0.03 s",
    );
  });

  it("an end in the middle, and an abort", async () => {
    const [left, right] = duplexPair();
    right.end("\x40\x00tjl");
    expect(await outcome(left, connecting)).toMatch(/closed the connection/);
    const [one] = duplexPair();
    const controller = new AbortController();
    const end = outcome(one, { ...accepting, signal: controller.signal });
    controller.abort();
    expect(await end).toMatch(/aborted/);
  });

  it("frames that come with the last message are kept for the next reader", async () => {
    const [left, right] = duplexPair();
    const end = greet(left, connecting);
    await greet(right, accepting);
    right.write("first frames");
    await end;
    const got = await new Promise<string>((resolve) => {
      sourceOf(left).attach({ bytes: (chunk, start, stop) => resolve(chunk.toString("latin1", start, stop)) });
    });
    expect(got).toBe("first frames");
  });

  it("arbitrary bytes are refused, on both sides", async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 3000, size: "max" });
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom(connecting, accepting), async (data, side) => {
        const [left, right] = duplexPair();
        const end = outcome(left, { ...side, timeoutMs: 2000 });
        right.end(Buffer.from(data));
        expect(typeof (await end)).toBe("string");
        right.destroy();
      }),
      runs(60),
    );
  });
});

function rawMessages(stream: Duplex): { next(): Promise<Buffer>; send(message: Buffer): void } {
  const waiting: ((message: Buffer) => void)[] = [];
  stream.on("data", (chunk: Buffer) => waiting.shift()?.(chunk.subarray(2)));
  return {
    next: () => new Promise((resolve) => waiting.push(resolve)),
    send: (message) => {
      const length = Buffer.alloc(2);
      length.writeUInt16LE(message.length);
      stream.write(Buffer.concat([length, message]));
    },
  };
}
