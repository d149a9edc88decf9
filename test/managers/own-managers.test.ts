/** The contract of cluster managers, kept with managers of our own: what they may give, when workers join, and what they hear. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import type { LaunchParams, WorkerConfig } from "../../src/index.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Library, withCluster } from "../support/with-cluster.ts";

interface Ways {
  /** What is pushed for each worker, in turn. */
  configs(child: ChildProcess, n: number): WorkerConfig | Promise<WorkerConfig>;
  count?: number;
  words?: readonly string[];
  /** Waited for after each worker. */
  between?(n: number): Promise<unknown>;
  connect?(id: number, config: WorkerConfig): Promise<Duplex>;
  kill?(id: number, config: WorkerConfig): Promise<void>;
}

/** A manager that starts workers on this machine and writes down what it hears. */
function probe(tjl: Library, ways: Ways) {
  const heard: [op: string, id: number, userdata: unknown][] = [];
  const children: ChildProcess[] = [];
  class Probe extends tjl.ClusterManager {
    async launch({ command, cookie, dir }: LaunchParams, launched: WorkerConfig[], c: { notify(): void }) {
      const [program = "", ...words] = [...command, ...(ways.words ?? [])];
      for (let n = 0; n < (ways.count ?? 1); n++) {
        const child = spawn(program, words, { cwd: dir, stdio: "pipe" });
        child.unref();
        children.push(child);
        child.stdin.write(`${cookie}\n`);
        launched.push(await ways.configs(child, n));
        c.notify();
        await ways.between?.(n);
      }
    }
    manage(id: number, config: WorkerConfig, op: string) {
      heard.push([op, id, config.userdata]);
    }
  }
  const manager = new Probe() as Probe & Pick<Ways, "connect" | "kill">;
  if (ways.connect) manager.connect = ways.connect;
  if (ways.kill) manager.kill = ways.kill;
  return { manager, heard, children };
}

const output = ({ stdout, stderr }: ChildProcess): WorkerConfig => ({
  ...(stdout && { io: stdout }),
  ...(stderr && { stderr }),
});

test("workers join while others are still launched, in the order in which they come", () =>
  withCluster(0, async (tjl) => {
    const { manager } = probe(tjl, {
      count: 2,
      configs: output,
      between: (n) => waitFor(`worker ${n + 1} is there`, () => tjl.procs().length === n + 2),
    });
    expect(await tjl.addprocs(manager)).toHaveLength(2);
  }));

test("register, deregister and finalize come once a worker, with userdata as it was, also after a crash", () =>
  withCluster(0, async (tjl) => {
    const { manager, heard, children } = probe(tjl, {
      count: 2,
      configs: (child, n) => ({ ...output(child), userdata: Object.freeze({ n, child }) }),
    });
    const [a, b] = (await tjl.addprocs(manager)) as [number, number];
    const call = tjl.remotecallFetch(a, tjl.wait, new tjl.RemoteRef());
    const numberOf = (userdata: unknown) => (userdata as { n: number }).n;
    const ofA = heard.find(([, id]) => id === a)?.[2];
    children[numberOf(ofA)]?.kill("SIGKILL");
    await expect(call).rejects.toMatchObject({ code: "TJL_WORKER_EXITED", pid: a });
    await tjl.rmprocs(b);
    await waitFor("both are told", () => heard.length === 6);
    for (const id of [a, b]) {
      const mine = heard.filter(([, of]) => of === id);
      expect(mine.map(([op]) => op)).toEqual(["register", "deregister", "finalize"]);
      expect(new Set(mine.map(([, , userdata]) => userdata)).size).toBe(1);
    }
  }));

test("a transport of its own, which may be any Duplex", () =>
  withCluster(0, async (tjl) => {
    let passed = 0;
    const { manager } = probe(tjl, {
      count: 2,
      configs: output,
      async connect(_id, { host = "", port = 0 }) {
        const socket = connect({ host, port });
        await once(socket, "connect");
        const outer = new Duplex({
          read: () => void socket.resume(),
          write(chunk, _encoding, done) {
            passed += chunk.length;
            socket.write(chunk, done);
          },
          final: (done) => void socket.end(done),
          destroy(error, done) {
            socket.destroy();
            done(error);
          },
        });
        socket.on("data", (chunk) => outer.push(chunk) || socket.pause());
        socket.on("error", () => outer.destroy()).on("close", () => outer.destroy());
        return outer;
      },
    });
    const [a, b] = (await tjl.addprocs(manager)) as [number, number];
    const large = new Float64Array(300_000).fill(0.5);
    expect(await tjl.remotecallFetch(a, isDeepStrictEqual, large, large)).toBe(true);
    expect(isDeepStrictEqual(await tjl.remotecallFetch(a, structuredClone, large), large)).toBe(true);
    expect(passed).toBeGreaterThan(large.byteLength);
    expect(await tjl.remotecallFetch(a, tjl.remotecallFetch, b, Math.abs, -4)).toBe(4);
  }));

test("without output: host and port, the cookie in a file", () =>
  withCluster(0, async (tjl) => {
    const dir = mkdtempSync("/tmp/tjl-cookie-");
    const file = join(dir, "cookie");
    class ByAddress extends tjl.ClusterManager {
      async launch({ command, cookie }: LaunchParams, launched: WorkerConfig[], c: { notify(): void }) {
        writeFileSync(file, cookie, { mode: 0o600 });
        const [program = "", ...words] = [...command, "--bind-to", "127.0.0.1", "--cookie-file", file];
        const child = spawn(program, words, { stdio: ["ignore", "pipe", "ignore"] });
        child.unref();
        const [line] = await once(child.stdout, "data");
        const [, port, host = ""] = /^tjl_worker:(\d+)#(.*)\n$/.exec(String(line)) ?? [];
        child.stdout.destroy();
        launched.push({ host, port: Number(port) });
        c.notify();
      }
      manage() {}
    }
    const [pid] = (await tjl.addprocs(new ByAddress())) as [number];
    expect(await tjl.remotecallFetch(pid, Math.sqrt, 9)).toBe(3);
    rmSync(dir, { recursive: true });
  }));

test("count: the first worker of a host starts the others and passes on what they write", () =>
  withCluster(0, async (tjl) => {
    const { manager, heard, children } = probe(tjl, {
      configs: (child) => ({ ...output(child), count: 3, userdata: "mine" }),
    });
    const pids = await tjl.addprocs(manager);
    expect(pids).toHaveLength(3);
    expect(children).toHaveLength(1);
    const inOrder = heard.sort(([, a], [, b]) => a - b);
    expect(inOrder).toEqual(pids.map((pid) => ["register", pid, "mine"]));
    const [first, second] = pids as [number, number, number];
    expect(await tjl.remotecallFetch(second, tjl.remotecallFetch, first, tjl.myid)).toBe(first);
    children[0]?.kill("SIGKILL");
    await waitFor("the others end with the first", () => tjl.procs().length === 1);
  }));

test("kill ends a worker that does not stop when asked to", () =>
  withCluster(0, async (tjl) => {
    const killed: number[] = [];
    const { manager, children } = probe(tjl, {
      configs: output,
      async kill(id) {
        killed.push(id);
        children[0]?.kill("SIGKILL");
      },
    });
    const [pid] = (await tjl.addprocs(manager)) as [number];
    children[0]?.kill("SIGSTOP");
    await tjl.interrupt(pid);
    expect(killed).toEqual([pid]);
  }));

for (const [title, kill] of [
  ["without kill", undefined],
  ["whose kill throws", () => Promise.reject(new Error("cannot reach it"))],
] as const) {
  test(`a manager ${title}: who waits for native code that does not return is told all the same, and the worker ends`, () =>
    withCluster(0, async (tjl) => {
      const { manager, children } = probe(tjl, { configs: output, ...(kill && { kill }) });
      const [pid] = (await tjl.addprocs(manager)) as [number];
      const native = tjl.remotecallFetch(pid, () => {
        const { pbkdf2Sync } = process.getBuiltinModule("node:crypto");
        return pbkdf2Sync("password", "salt", 2 ** 31 - 1, 64, "sha512");
      });
      const told = native.catch((error) => error);
      await tjl.interrupt(pid);
      expect(await told).toMatchObject({ name: "ProcessExitedError", pid });
      expect((await told).message).toContain("did not stop within 2 s of being interrupted and was ended");
      expect(tjl.workers()).toEqual([1]);
      await waitFor("the process has ended", () => children[0]?.exitCode !== null || children[0]?.signalCode !== null);
    }));
}

test("workers that only their control threads can signal: endless loops stop, again and again", () =>
  withCluster(0, async (tjl) => {
    const { manager } = probe(tjl, { count: 2, configs: output });
    const pids = await tjl.addprocs(manager);
    for (let i = 0; i < 40; i++) {
      const loops = pids.map((pid) =>
        tjl.remotecallFetch(pid, () => {
          for (;;);
        }),
      );
      const told = Promise.all(loops.map((loop) => loop.catch((error) => error.name)));
      await new Promise((resolve) => setTimeout(resolve, i));
      await tjl.interrupt();
      expect(await told).toEqual(["InterruptError", "InterruptError"]);
    }
    expect(tjl.workers()).toEqual(pids);
  }));

test("a manager that throws, or starts nothing: the error says so, and what came before is used", () =>
  withCluster(0, async (tjl) => {
    class Throws extends tjl.LocalManager {
      override async launch(...args: Parameters<InstanceType<Library["LocalManager"]>["launch"]>): Promise<void> {
        await super.launch(...args);
        throw new Error("no more machines");
      }
    }
    const told: string[] = [];
    const write = process.stderr.write;
    process.stderr.write = ((text: string) => told.push(text)) as never;
    try {
      expect(await tjl.addprocs(new Throws({ count: 1 }))).toHaveLength(1);
    } finally {
      process.stderr.write = write;
    }
    expect(told.join("")).toContain("no more machines");
    class NoPromise extends tjl.ClusterManager {
      launch(): Promise<void> {
        throw new Error("not today");
      }
      manage() {}
    }
    await expect(tjl.addprocs(new NoPromise())).rejects.toThrow("not today");
    class Nothing extends tjl.ClusterManager {
      async launch() {}
      manage() {}
    }
    await expect(tjl.addprocs(new Nothing())).rejects.toThrow("the manager started no workers");
    await expect(tjl.addprocs({} as never)).rejects.toThrow("expected a number");
  }));

test("a start that is given up leaves nothing, and no worker that had joined", () =>
  withCluster(0, async (tjl) => {
    const stop = new AbortController();
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    const start = tjl.addprocs(12, { signal: stop.signal });
    start.catch(() => {});
    await waitFor("some have joined", () => tjl.procs().length > 2);
    stop.abort(new Error("enough"));
    await expect(start).rejects.toMatchObject({ code: "TJL_INTERRUPTED", cause: { message: "enough" } });
    expect(tjl.procs()).toEqual([1]);
    process.off("warning", warned);
    expect(warnings).toEqual([]);
  }));

test("topologies: who may call whom", async () => {
  await withCluster(
    2,
    async (tjl, [a, b]) => {
      await expect(tjl.remotecallFetch(a as number, tjl.remotecallFetch, b as number, tjl.myid)).rejects.toThrow(
        /topology/,
      );
      await expect(tjl.addprocs(1, { topology: "all_to_all" })).rejects.toThrow(
        /does not go with the workers there are/,
      );
    },
    { addprocs: { topology: "master_worker" } },
  );
  await withCluster(0, async (tjl) => {
    const idents = ["a", "b", "c"];
    const { manager } = probe(tjl, {
      count: 3,
      configs: (child, n) => ({ ...output(child), ident: idents[n], connectIdents: n === 0 ? ["b"] : [], userdata: n }),
    });
    const pids = await tjl.addprocs(manager, { topology: "custom" });
    const [a, b, c] = pids as [number, number, number];
    expect(await tjl.remotecallFetch(a, tjl.remotecallFetch, b, tjl.myid)).toBe(b);
    expect(await tjl.remotecallFetch(b, tjl.remotecallFetch, a, tjl.myid)).toBe(a);
    await expect(tjl.remotecallFetch(a, tjl.remotecallFetch, c, tjl.myid)).rejects.toThrow(/topology/);
  });
});

test("lazy: workers connect to each other on first use; else at once", async () => {
  const sockets = (ospid: number) =>
    readdirSync(`/proc/${ospid}/fd`).filter((fd) => {
      try {
        return readlinkSync(`/proc/${ospid}/fd/${fd}`).startsWith("socket:");
      } catch {
        return false;
      }
    }).length;
  const counts = async (lazy: boolean, lazily = 0): Promise<number> =>
    withCluster(
      3,
      async (tjl, pids) => {
        const rows = (await tjl.clusterReport(5000)).filter(({ pid }) => pids.includes(pid));
        const count = () => rows.reduce((sum, { ospid }) => sum + sockets(ospid as number), 0);
        const before = count();
        if (!lazy)
          return waitFor("connections that nobody has asked for", () => (count() > lazily ? count() : undefined));
        for (const a of pids) for (const b of pids) await tjl.remotecallFetch(a, tjl.remotecallFetch, b, tjl.myid);
        expect(count()).toBeGreaterThan(before);
        return before;
      },
      { addprocs: { lazy } },
    );
  const few = await counts(true);
  expect(await counts(false, few)).toBeGreaterThan(few);
});

test("another version of Node there is told in a small table", () =>
  withCluster(0, async (tjl) => {
    const dir = mkdtempSync("/tmp/tjl-version-");
    const other = join(dir, "other.cjs");
    writeFileSync(
      other,
      `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "99.1.2" } })`,
    );
    const told: string[] = [];
    const write = process.stderr.write;
    process.stderr.write = ((text: string) => told.push(text)) as never;
    try {
      await tjl.addprocs(2, { exeflags: ["--require", other] });
    } finally {
      process.stderr.write = write;
      rmSync(dir, { recursive: true });
    }
    const text = told.join("");
    expect(text).toMatch(/not all processes run the same\n +process +host +tjulia +Node +platform\n/);
    expect(text).toMatch(/\n +1 .*\n +\d+-\d+ +\S+ +\d\S+ +99\.1\.2 +\S+\n/);
  }));
