/** The four calls and what references can do, on real workers, from a plain program. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { type Library, library } from "../../support/with-cluster.ts";

let tjl: Library;
let a: number;
let b: number;

beforeAll(async () => {
  tjl = await library();
  [a, b] = (await tjl.addprocs(2)) as [number, number];
});
afterAll(() => tjl.rmprocs(a, b));

test("remotecallFetch gives the value, remotecall a reference to it, remotecallWait one that is ready", async () => {
  expect(await tjl.remotecallFetch(a, Math.max, 3, 7, 5)).toBe(7);
  const r = tjl.remotecall(a, Math.max, 1, 2);
  expect(String(r)).toMatch(new RegExp(`^RemoteRef\\(${a},1,\\d+\\)$`));
  expect(await r.fetch()).toBe(2);
  const done = await tjl.remotecallWait(b, Math.min, 1, 2);
  expect(await tjl.isready(done)).toBe(true);
  expect([done.where, done.whence]).toEqual([b, 1]);
});

test("remotecall returns before the work starts", async () => {
  const gate = new tjl.RemoteRef(1);
  const r = tjl.remotecall(a, (gate) => gate.fetch(), gate);
  expect(await r.isready()).toBe(false);
  await gate.put(1);
  expect(await r.fetch()).toBe(1);
});

test("a reference is one slot: put waits while it is full, take empties it", async () => {
  const r = new tjl.RemoteRef<number>(b);
  expect(await tjl.isready(r)).toBe(false);
  await tjl.put(r, 1);
  const second = tjl.put(r, 2);
  expect(await tjl.take(r)).toBe(1);
  await second;
  expect(await tjl.fetch(r)).toBe(2);
  expect(await tjl.take(r)).toBe(2);
  expect(await r.isready()).toBe(false);
});

test("a reference travels, works from anywhere, and comes back as the identical handle", async () => {
  const r = tjl.remotecall(a, () => ({ deep: [10, 20] }));
  expect(await tjl.remotecallFetch(b, (ref) => ref.fetch(), r)).toEqual({ deep: [10, 20] });
  expect(await tjl.remotecallFetch(b, (ref) => ref, r)).toBe(r);
  expect(
    await tjl.remotecallFetch(
      a,
      async (ref) => {
        const once = await ref.fetch();
        return once === (await ref.fetch());
      },
      r,
    ),
  ).toBe(true);
});

test("getindex moves only the element", async () => {
  const r = tjl.remotecall(a, () => [
    [1, 2],
    [3, 4],
  ]);
  expect(await tjl.getindex(r, 1, 0)).toBe(3);
  expect(await tjl.getindex(r)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  await expect(Promise.resolve(tjl.getindex(r, 2, 0))).rejects.toThrow("outside");
});

test("fetch gives anything but a reference back as it is", async () => {
  const thing = { a: 1 };
  expect(tjl.fetch(thing)).toBe(thing);
  expect(tjl.fetch(5)).toBe(5);
  expect(await (await tjl.fetch("data:text/plain,hello")).text()).toBe("hello");
});

test("what a function throws comes back with its class, fields and cause", async () => {
  const failing = tjl.remotecallFetch(a, () => {
    throw Object.assign(new TypeError("no row", { cause: new RangeError("why") }), { row: 7 });
  });
  const error = await failing.catch((error) => error);
  expect(error).toBeInstanceOf(tjl.RemoteError);
  expect(error.pid).toBe(a);
  expect(error.cause).toBeInstanceOf(TypeError);
  expect(error.cause).toMatchObject({ message: "no row", row: 7 });
  expect(error.cause.cause).toBeInstanceOf(RangeError);
  expect(error.message).toBe(`on worker ${a}: TypeError: no row`);
});

test("what is thrown need not be an error", async () => {
  const thrown = async (value: unknown) => {
    const failing = tjl.remotecallFetch(
      a,
      (value) => {
        throw value;
      },
      value,
    );
    return failing.catch(({ message, cause }) => [message, cause]);
  };
  expect(await thrown({ a: 1 })).toEqual([`on worker ${a}: { a: 1 }`, { a: 1 }]);
  expect(await thrown(null)).toEqual([`on worker ${a}: null`, null]);
  expect(await thrown("stop")).toEqual([`on worker ${a}: stop`, "stop"]);
});

test("a reference to a failed call fails everyone who asks, wait too", async () => {
  const r = tjl.remotecall(a, () => {
    throw new Error("later");
  });
  await expect(r.wait()).rejects.toThrow("later");
  await expect(r.fetch()).rejects.toBeInstanceOf(tjl.RemoteError);
  await expect(tjl.remotecallFetch(b, (ref) => ref.fetch(), r)).rejects.toThrow("later");
});

test("a call to the own process behaves alike and shares objects", async () => {
  const thing = { n: 1 };
  expect(await tjl.remotecallFetch(1, (x) => x, thing)).toBe(thing);
  const r = tjl.remotecall(1, (x) => x, thing);
  expect(await r.fetch()).toBe(thing);
  const error = await tjl
    .remotecallFetch(1, () => {
      throw new SyntaxError("mine");
    })
    .catch((error) => error);
  expect(error).toBeInstanceOf(tjl.RemoteError);
  expect(error.pid).toBe(1);
});

test("requests of one sender start in the order sent", async () => {
  await tjl.remotecallFetch(a, () => {
    (globalThis as Record<string, unknown>).order = [];
  });
  for (let i = 0; i < 500; i++) tjl.remoteDo(a, (i) => (globalThis as never as { order: number[] }).order.push(i), i);
  const order = await tjl.remotecallFetch(a, () => (globalThis as never as { order: number[] }).order);
  expect(order).toEqual(Array.from({ length: 500 }, (_, i) => i));
});

test("a process id that never was is misuse, one that is gone has exited", async () => {
  expect(() => tjl.remotecallFetch(99, () => 1)).toThrow("no process with id 99");
  expect(() => tjl.remotecallFetch(1.5, () => 1)).toThrow("whole number");
  expect(() => tjl.remotecall("2" as never, () => 1)).toThrow("whole number, not '2'");
  expect(() => tjl.remotecall(null as never, () => 1)).toThrow("expected a process id or a WorkerPool, got null");
  expect(() => tjl.remotecallFetch(a, 5 as never)).toThrow("expected a function");
  const [c] = (await tjl.addprocs(1)) as [number];
  const r = tjl.remotecall(c, () => 1);
  await tjl.rmprocs(c);
  await expect(tjl.remotecallFetch(c, () => 1)).rejects.toBeInstanceOf(tjl.ProcessExitedError);
  await expect(r.fetch()).rejects.toBeInstanceOf(tjl.ProcessExitedError);
});

test("everyone who waits on a worker that dies is told at once, with the reason", async () => {
  const [c] = (await tjl.addprocs(1)) as [number];
  const direct = tjl.remotecallFetch(c, () => new Promise(() => {}));
  const through = tjl.remotecallFetch(a, (ref) => ref.fetch(), new tjl.RemoteRef(c));
  tjl.remoteDo(c, () => process.kill(process.pid, "SIGKILL"));
  const [first, second] = (await Promise.all([direct, through].map((p) => p.catch((error) => error)))) as [
    Error,
    Error & { cause: { pid: number } },
  ];
  expect(first).toBeInstanceOf(tjl.ProcessExitedError);
  expect(first).toMatchObject({ pid: c, signal: "SIGKILL" });
  expect(second).toBeInstanceOf(tjl.RemoteError);
  expect(second.cause).toBeInstanceOf(tjl.ProcessExitedError);
  expect(second.cause.pid).toBe(c);
  expect(tjl.procs()).toEqual([1, a, b]);
});

test("values are freed when nobody holds them", async () => {
  const before = await slotsOf(a);
  const refs = Array.from({ length: 50 }, () => tjl.remotecall(a, () => new Array(10).fill(0)));
  await Promise.all(refs.map((r) => r.wait()));
  expect(await slotsOf(a)).toBeGreaterThanOrEqual(50);
  for (const r of refs) {
    r.free();
    r.free();
  }
  await expect(refs[0]?.fetch()).rejects.toThrow(`${refs[0]} has been freed`);
  await waitFor("their slots are free", async () => (await slotsOf(a)) <= before);
});

async function slotsOf(pid: number): Promise<number> {
  const report = await tjl.clusterReport();
  return report.find((row) => row.pid === pid)?.slots ?? -1;
}

test("everywhere runs on all processes and gathers all errors in their order", async () => {
  await tjl.everywhere(
    (x) => {
      (globalThis as Record<string, unknown>).tjlTestMark = x;
    },
    { args: [5] },
  );
  const marks = await Promise.all(
    tjl.procs().map((p) => tjl.remotecallFetch(p, () => (globalThis as Record<string, unknown>).tjlTestMark)),
  );
  expect(marks).toEqual([5, 5, 5]);
  const failed = await tjl
    .everywhere(() => {
      throw new Error("all");
    })
    .catch((error) => error);
  expect(failed).toBeInstanceOf(AggregateError);
  expect(failed.errors.map((error: { pid: number }) => error.pid)).toEqual([1, a, b]);
});

test("spawn takes the workers in turn", async () => {
  const where = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const r = tjl.spawn(() => 0);
      return r.where;
    }),
  );
  expect(where).toEqual([a, b, a, b]);
});
