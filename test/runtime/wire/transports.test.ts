import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { connect, listen } from "../../../src/runtime/wire/transports.ts";

const folder = mkdtempSync(join(tmpdir(), "tjl-transports-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("a socket file is the user's own, in a folder of his own", async () => {
  const path = join(folder, "made", "s");
  const listener = await listen({ host: path, port: 0 }, (stream) => stream.end());
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "made")).mode & 0o777).toBe(0o700);
  await listener.close();
  expect(existsSync(path)).toBe(false);
});

it("a folder that is open to others is refused", async () => {
  const open = join(folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o755);
  await expect(async () => listen({ host: join(open, "s"), port: 0 }, () => {})).rejects.toThrow(/chmod 700/);
});

it("a TCP listener tells its port, and closes with connections open", async () => {
  const streams: { destroy(): void }[] = [];
  const listener = await listen({ host: "127.0.0.1", port: 0 }, (stream) => streams.push(stream));
  expect(listener.address.port).toBeGreaterThan(0);
  const stream = await connect(listener.address);
  await listener.close();
  await expect(connect(listener.address)).rejects.toThrow(/cannot connect to 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  stream.destroy();
  for (const one of streams) one.destroy();
});

it("nobody there, or no such place", async () => {
  await expect(connect({ host: join(folder, "nobody"), port: 0 })).rejects.toThrow(
    /cannot connect to .*nobody: .*ENOENT/,
  );
  await expect(connect({ host: "no-such-host.invalid", port: 9 })).rejects.toThrow(
    /cannot connect to no-such-host\.invalid:9/,
  );
});

it("a connection that is given up", async () => {
  const controller = new AbortController();
  const given = expect(connect({ host: "192.0.2.1", port: 9 }, { signal: controller.signal })).rejects.toThrow(
    /given up/,
  );
  controller.abort(new Error("given up"));
  await given;
  const late = AbortSignal.abort(new Error("never begun"));
  await expect(connect({ host: join(folder, "s"), port: 0 }, { signal: late })).rejects.toThrow(/never begun/);
});
