import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSegment, openSegment, type SegmentKind } from "../../src/arrays/segment.ts";
import { waitFor } from "../support/wait-for.ts";
import { bundleFor } from "./bundle.ts";

// Inside the repository, so that the bundle finds koffi.
const folder = join(import.meta.dirname, `.segment-${process.pid}`);
const bundle = join(folder, "segment.cjs");

beforeAll(async () => {
  mkdirSync(folder);
  await bundleFor("arrays/segment.ts", bundle);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a Node process that runs `code` with the segment module at hand; `say` sends to this one. */
function start(code: string, env: Record<string, string> = {}) {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.cjs`);
  writeFileSync(
    file,
    `const { createSegment, openSegment } = require(${JSON.stringify(bundle)}); const say = (x) => process.send(x);
     process.on("disconnect", () => process.exit());
     (async () => { ${code} })().catch((error) => { say({ error: error.message }); });`,
  );
  const child = fork(file, { env: { ...process.env, ...env }, execArgv: ["--expose-gc"] });
  return { child, next: async () => (await once(child, "message"))[0] as never, tell: (x: string) => child.send(x) };
}

const files = () => readdirSync("/dev/shm").filter((name) => name.startsWith("tjl-segment-"));
const maps = (pid: number) =>
  (readFileSync(`/proc/${pid}/maps`, "utf8").match(/memfd:tjulia|tjl-segment-/g) ?? []).length;

describe.each<SegmentKind>(["memfd", "file"])("a segment (%s)", (kind) => {
  it("is seen by two processes at once, and has no name once sealed", async () => {
    const { buffer, path, seal } = await createSegment(8192, kind);
    const here = new Int32Array(buffer);
    here[5] = 42;
    const other =
      start(`const a = new Int32Array(openSegment(${JSON.stringify(path)}, 8192)); a[6] = a[5] + 1; say("mapped");
      process.on("message", () => { for (let i = 0; i < 1e5; i++) Atomics.add(a, 0, 1); say(a[5]); });`);
    expect(await other.next()).toBe("mapped");
    seal();
    seal();
    expect(() => openSegment(path, 8192)).toThrow("ENOENT");
    expect(here[6]).toBe(43);
    here[5] = 7;
    other.tell("go");
    for (let i = 0; i < 1e5; i++) Atomics.add(here, 0, 1);
    expect(await other.next()).toBe(7);
    expect(here[0]).toBe(200_000);
    other.child.kill("SIGKILL");
    await once(other.child, "exit");
    here[5] = 8;
    expect(here[5]).toBe(8);
    expect(files()).toEqual([]);
  });

  it("leaves nothing behind when its creator is killed while others still map it", async () => {
    const creator = start(
      `const s = await createSegment(1 << 20, ${JSON.stringify(kind)}); new Uint8Array(s.buffer)[3] = 9; say(s.path);`,
    );
    const path: string = await creator.next();
    const mine = new Uint8Array(openSegment(path, 1 << 20));
    creator.child.kill("SIGKILL");
    await once(creator.child, "exit");
    expect(mine[3]).toBe(9);
    // A file that its creator could not remove goes with the next segment that anybody makes.
    (await createSegment(4096, "file")).seal();
    expect(files()).toEqual([]);
  });

  it("is unmapped when the last view of it is dropped", async () => {
    const owner = start(`let views = [];
      for (let i = 0; i < 4; i++) { const s = await createSegment(1 << 20, ${JSON.stringify(kind)}); views.push(new Float64Array(s.buffer)); s.seal(); }
      say("made");
      process.on("message", async () => { views = []; for (let i = 0; i < 20; i++) { gc(); await new Promise(setImmediate); } say("dropped"); });`);
    await owner.next();
    expect(maps(owner.child.pid as number)).toBe(4);
    owner.tell("drop");
    await owner.next();
    await waitFor("the segments to be unmapped", () => maps(owner.child.pid as number) === 0);
    owner.child.kill();
  });
});

describe("a segment that cannot be", () => {
  it("for want of memory is an error, and nothing is taken", async () => {
    const limited = start(`await createSegment(2 ** 50);`);
    expect(((await limited.next()) as { error: string }).error).toMatch(
      Number.parseInt(process.versions.node, 10) < 22
        ? "maps at most 4 GiB at once"
        : "does not fit into the shared memory of this host",
    );
    limited.child.kill();
    // Not by toThrow on the promise: a segment that could be made after all would be printed.
    const tooMuch = Number.parseInt(process.versions.node, 10) < 22 ? 2 ** 32 + 8 : process.availableMemory() + 2 ** 30;
    const outcome = await createSegment(tooMuch).then(
      () => "made",
      (error: Error) => error.message,
    );
    expect(outcome).toMatch(/maps at most 4 GiB at once, the array has 4.00 GiB|does not fit into the shared memory/);
  });

  it("for want of koffi is an error that names it", async () => {
    const preload = join(folder, "no-koffi.cjs");
    writeFileSync(
      preload,
      `const m = require("module"), load = m._load; m._load = function (name, ...r) {
        if (name === "koffi") throw new Error("Cannot find the native Koffi module; did you bundle it correctly?\\nmore"); return load.call(this, name, ...r); };`,
    );
    const without = start("await createSegment(10);", { NODE_OPTIONS: `--require ${preload}` });
    expect(((await without.next()) as { error: string }).error).toBe(
      "shared arrays need the package koffi, which could not be loaded: Cannot find the native Koffi module; did you bundle it correctly?; try: npm install koffi",
    );
    without.child.kill();
  });
});
