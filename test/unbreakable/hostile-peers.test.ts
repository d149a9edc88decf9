/** Whoever reaches the port of a worker, or even knows the cookie, cannot take it down, fill its memory, or hold up the calls of others. */
import { spawn } from "node:child_process";
import { createHmac, randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { Packr } from "msgpackr";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LaunchParams, WorkerConfig } from "../../src/runtime/cluster/cluster-manager.ts";
import { HEADER_BYTES, writeHeader, writeSegmentLength } from "../../src/runtime/wire/frames.ts";
import { greet } from "../../src/runtime/wire/handshake.ts";
import { Kind } from "../../src/runtime/wire/messages.ts";
import { PROTOCOL } from "../../src/runtime/wire/protocol.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Library, library } from "../support/with-cluster.ts";

let tjl: Library;
let pid: number;
let cookie: string;
let port: number;
let stderr = "";
const open = new Set<Socket>();

/** A worker that listens on a port, as those on other hosts do. */
beforeAll(async () => {
  tjl = await library();
  class OnAPort extends tjl.ClusterManager {
    async launch(params: LaunchParams, launched: WorkerConfig[], c: { notify(): void }) {
      const [exename, ...words] = params.command as unknown as [string, ...string[]];
      const child = spawn(exename, words, { detached: true });
      child.stdin.write(`${params.cookie}\n`);
      child.stdout.on("data", (text) => {
        port ??= Number(/^tjl_worker:(\d+)#/m.exec(String(text))?.[1]) || (undefined as never);
      });
      child.stderr.on("data", (text) => (stderr += text));
      cookie = params.cookie;
      launched.push({ io: child.stdout, ospid: child.pid ?? -1 });
      c.notify();
    }
    manage() {}
    override async kill(_id: number, config: { ospid?: number }) {
      if (config.ospid) process.kill(config.ospid, "SIGKILL");
    }
  }
  [pid] = (await tjl.addprocs(new OnAPort() as never)) as [number];
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await tjl.rmprocs(pid);
});

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    open.add(socket);
    socket.once("error", reject);
    socket.on("error", () => {});
    socket.once("close", () => open.delete(socket));
  });
}

function closed(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve) => (socket.destroyed ? resolve() : socket.once("close", () => resolve())));
}

const alive = () => tjl.remotecallFetch(pid, (x: number) => x + 1, 1);
const memory = () => tjl.remotecallFetch(pid, () => process.memoryUsage().rss);

function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(message.byteLength);
  return Buffer.concat([length, message]);
}

test("random bytes, and what is no handshake, end that connection", async () => {
  const attacks = [
    randomBytes(100),
    randomBytes(100_000),
    Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    Buffer.alloc(2, 0xff),
    framed(Buffer.alloc(1024)),
    framed(Buffer.alloc(0)),
    framed(Buffer.concat([randomBytes(32), Buffer.from('[1,"0","0","x",1,"h"]'), randomBytes(32)])),
  ];
  await Promise.all(
    attacks.map(async (bytes) => {
      const socket = await dial();
      socket.end(bytes);
      await closed(socket);
    }),
  );
  expect(await alive()).toBe(2);
});

test("half a handshake, and one that comes byte by byte, have 5 s", async () => {
  const [half, slow] = await Promise.all([dial(), dial()]);
  half.write(framed(Buffer.alloc(500)).subarray(0, 250));
  const drip = setInterval(() => slow.write("\0"), 100);
  expect(await alive()).toBe(2);
  await Promise.all([closed(half), closed(slow)]);
  clearInterval(drip);
  expect(await alive()).toBe(2);
});

test("10,000 connections take little memory, and the calls of others go on", async () => {
  const before = await memory();
  let refused = 0;
  for (let i = 0; i < 100; i++) {
    await Promise.all(Array.from({ length: 100 }, () => dial().catch(() => refused++)));
    if (i % 10 === 0) expect(await alive()).toBe(2);
    if (open.size > 2000) for (const socket of [...open].slice(0, 1000)) socket.destroy();
  }
  expect(await alive()).toBe(2);
  expect((await memory()) - before).toBeLessThan(300 * 2 ** 20);
  for (const socket of open) socket.destroy();
  expect(refused).toBeLessThan(10_000);
  // One line a second at most, not one a connection.
  expect(stderr.split("\n").length).toBeLessThan(200);
}, 60_000);

test("a recorded handshake is refused, and so is a wrong cookie", async () => {
  const hello = Buffer.from(JSON.stringify([PROTOCOL, "0.1.0", "20.0.0", "linux-x64", 9, "elsewhere"]));
  const answerTo = (opening: Buffer, key: string) => {
    const nonce = randomBytes(32);
    const hmac = createHmac("sha256", key).update(opening.subarray(2, 6)).update("connecting");
    for (const part of [opening.subarray(6, 38), nonce, hello]) {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(part.byteLength);
      hmac.update(length).update(part);
    }
    return framed(Buffer.concat([nonce, hello, hmac.digest()]));
  };
  const opening = (socket: Socket) => new Promise<Buffer>((resolve) => socket.once("data", resolve));
  // The right one is let in: what is refused below is refused for the cookie and for the replay alone.
  const good = await dial();
  const proof = answerTo(await opening(good), cookie);
  const welcome = opening(good);
  good.write(proof);
  expect((await welcome).length).toBeGreaterThan(32);
  good.destroy();
  const [again, wrong] = await Promise.all([dial(), dial()]);
  again.write(proof);
  wrong.write(answerTo(await opening(wrong), "not the cookie"));
  await Promise.all([closed(again), closed(wrong)]);
  expect(await alive()).toBe(2);
});

/** Knows the cookie, and says that it is worker 99. */
async function insider(): Promise<Socket> {
  const socket = await dial();
  const hello = { protocol: PROTOCOL, version: "0", node: "0", platform: "x", pid: 99, host: "elsewhere" };
  await greet(socket, { cookie, hello, side: "connecting" });
  return socket;
}

const packr = new Packr({ useRecords: false, variableMapSize: true });

function frame(kind: number, flags: number, id: number, body: Uint8Array, segments: number[] = []): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 8 * segments.length);
  writeHeader(head, 0, kind, flags, id, body.byteLength, segments.length);
  for (const [i, bytes] of segments.entries()) writeSegmentLength(head, HEADER_BYTES + 8 * i, bytes);
  return Buffer.concat([head, body]);
}

/** What the insider says can be said again: TJL_SEED=n. */
const seed = Number(process.env.TJL_SEED ?? randomInt(2 ** 31));
let state = seed;

function seededBytes(count: number): Buffer {
  return Buffer.from(
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return state >>> 16;
    }),
  );
}

test("with the right cookie: frames that make no sense end that connection, messages that make none fail alone", async ({
  onTestFailed,
}) => {
  onTestFailed(() => console.error(`what was said: TJL_SEED=${seed}`));
  const hugeBody = Buffer.alloc(HEADER_BYTES);
  writeHeader(hugeBody, 0, Kind.CALL, 0, 1, 2 ** 32 - 1, 0);
  const ending = [
    hugeBody,
    frame(Kind.CALL, 0, 1, Buffer.alloc(0), [2 ** 53]),
    frame(
      Kind.CALL,
      0,
      1,
      Buffer.alloc(0),
      Array.from({ length: 65_535 }, () => 2 ** 40),
    ),
  ];
  await Promise.all(
    ending.map(async (bytes) => {
      const socket = await insider();
      socket.write(bytes);
      await closed(socket);
    }),
  );
  const socket = await insider();
  const everyKind = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 200, 255];
  const bodies = [
    Buffer.alloc(0),
    seededBytes(50),
    Buffer.alloc(1_000_000, 0x91),
    packr.pack(null),
    packr.pack([1e9, 2 ** 53]),
    packr.pack(JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}')),
    packr.pack([
      null,
      [0],
      [
        [2, "__proto__", [1]],
        [2, "polluted", 1],
      ],
      null,
    ]),
    packr.pack(["constructor", "__proto__", []]),
    Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff, 1]),
  ];
  for (const kind of everyKind) {
    for (const flags of [0, 1, 255])
      for (const [i, body] of bodies.entries()) socket.write(frame(kind, flags, i, body));
  }
  // Answers that nobody asked for, ends in the middle.
  socket.write(frame(Kind.RESULT, 0, 2 ** 48 - 1, packr.pack(1)));
  socket.end(frame(Kind.CALL, 0, 5, Buffer.alloc(100)).subarray(0, 60));
  await closed(socket);
  expect(await alive()).toBe(2);
  expect(await tjl.remotecallFetch(pid, () => (({}) as Record<string, unknown>).polluted)).toBeUndefined();
}, 60_000);

test("the cookie is in no argument, no environment and nothing that was written", async () => {
  const ospid = await tjl.remotecallFetch(pid, () => process.pid);
  for (const file of ["cmdline", "environ"]) {
    expect(readFileSync(`/proc/${ospid}/${file}`, "latin1")).not.toContain(cookie);
    expect(readFileSync(`/proc/self/${file}`, "latin1")).not.toContain(cookie);
  }
  await waitFor("refusals were told", () => stderr.includes("refused a connection"));
  expect(stderr).not.toContain(cookie);
});
