import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { drives } from "./drives.ts";

const segments = () => readdirSync("/dev/shm").filter((name) => name.startsWith("tjl-segment-"));

test("the pictures of Julia's manual", async () => {
  const printed = await drives(`
    const S = await sharedArray("int64", [3, 4], { order: "F", init: (S) => { for (const k of localindexes(S)) S.data[k] = BigInt(myid()); } });
    console.log(S);
    S.set(7n, 2, 1);
    console.log(S);
    const T = await sharedArray("int64", [3, 4], { order: "F", init: (S) => { for (let k = myid() - 2; k < S.length; k += nworkers()) S.data[k] = BigInt(myid()); } });
    console.log(T);
    equal([S.length, S.dims, S.ndim, S.order, S.pids, S.dtype, String(S)], [12, [3, 4], 2, "F", [2, 3, 4], "int64", "3×4 int64 SharedArray"]);
    equal([String(localindexes(S)), await Promise.all(S.pids.map((p) => remotecallFetch(p, () => String(localindexes(S)))))],
      ["range(0, 0)", ["range(0, 4)", "range(4, 8)", "range(8, 12)"]]);
    // All write at once: whoever is last has won.
    await sync(() => { for (const p of S.pids) remotecallWait(p, (S, p) => S.fill(BigInt(p)), S, p); });
    assert.ok([...S.data].every((x) => x >= 2n && x <= 4n));
  `);
  const rows = (...lines: string[]) => ["3×4 int64 SharedArray:", ...lines.map((line) => ` ${[...line].join("  ")}`)];
  expect(printed.trimEnd().split("\n")).toEqual([
    ...rows("2234", "2334", "2344"),
    ...rows("2234", "2334", "2744"),
    ...rows("2222", "3333", "4444"),
  ]);
});

test("every type, any rank, both orders: reading and writing as with any array", async () => {
  await drives(`
    const one = (dtype) => (/int64/.test(dtype) ? 1n : dtype === "bool" ? true : /^c/.test(dtype) ? { re: 1, im: 0 } : 1);
    for (const dtype of ["float64","float32","float16","complex128","complex64","int64","int32","int16","int8","uint64","uint32","uint16","uint8","bool"]) {
      const S = await sharedArray(dtype, [2, 3, 2]);
      equal(S.ndarray().tolist(), np.zeros([2, 3, 2], dtype).tolist());
      await remotecallFetch(4, (S, x) => S.set(x, 1, 2, 1), S, one(dtype));
      equal([S.get(1, 2, 1), S.at(11), S.ndarray().dtype], [one(dtype), one(dtype), dtype]);
    }
    const C = await sharedArray("float64", [2, 3]), F = await sharedArray("float64", [2, 3], { order: "F" });
    for (const S of [C, F]) for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) S.set(10 * i + j, i, j);
    equal([[...C.data], [...F.data], F.at(1), C.at(1)], [[0, 1, 2, 10, 11, 12], [0, 10, 1, 11, 2, 12], 10, 1]);
    equal([F.ndarray().tolist(), sdata(C).tolist(), sdata(5)], [[[0, 1, 2], [10, 11, 12]], [[0, 1, 2], [10, 11, 12]], 5]);
    sdata(F).set([0, 0], 99);
    equal([F.get(0, 0), F.get(":", 2).tolist(), F.get(1).tolist(), (await toArray(F)).tolist()[0]], [99, [2, 12], [10, 11, 12], [99, 1, 2]]);
    F.set([7, 8], ":", 1);
    F.set(0, 1);
    equal(F.ndarray().tolist(), [[99, 7, 2], [0, 0, 0]]);
    await setindex(C, ones(3), 0);
    equal(C.get(0).tolist(), [1, 1, 1]);
    const scalar = await sharedArray("int8", []);
    scalar.set(5);
    equal([scalar.get(), scalar.length], [5, 1]);
    const none = await sharedArray("float64", [0, 3], { init: (S) => assert });
    equal([none.length, none.data.length], [0, 0]);
    // numpy-ts works on it without a copy.
    const S = await sharedArray("float64", [4], { init: (S) => { for (const k of localindexes(S)) S.data[k] = k; } });
    equal([np.sum(S.ndarray()), np.add(S.ndarray(), 1).tolist()], [6, [1, 2, 3, 4]]);
    for (const bad of [() => S.get(4), () => S.set(1, -1), () => S.at(4), () => S.at(-1), () => S.get(1.5), () => C.get(0, 3)]) assert.throws(bad, /is outside the array|outside/);
  `);
});

test("Atomics count across processes", async () => {
  await drives(`
    const S = await sharedArray("int32", [4]);
    await Promise.all(S.pids.map((p) => remotecallFetch(p, (S) => { for (let i = 0; i < 100000; i++) Atomics.add(S.data, 1, 1); }, S)));
    equal([...S.data], [0, 300000, 0, 0]);
  `);
});

test("participants by choice; elsewhere it is an error", async () => {
  await drives(`
    const S = await sharedArray("float64", [4], { pids: [2, 4], init: (S) => { for (const k of localindexes(S)) S.data[k] = myid(); } });
    equal([[...S.data], S.pids], [[2, 2, 4, 4], [2, 4]]);
    assert.throws(() => remotecall(3, (S) => S.get(0), S), /SerializationError: cannot send .*the shared array belongs to processes 2, 4; it is not mapped on process 3/);
    equal(await remotecallFetch(4, (S) => S.get(0), S), 2);
    // It comes back as what it is, and one participant hands it to another.
    assert.ok((await remotecallFetch(2, (S) => S, S)) === S);
    equal(await remotecallFetch(2, async (S) => { S.set(8, 0); return remotecallFetch(4, (S) => S.get(0), S); }, S), 8);
    assert.ok(await remotecallFetch(2, (S, T) => S === T, S, S));
    // A worker makes one too.
    const W = await remotecallFetch(3, () => sharedArray("int32", [3], { pids: [1, 3], init: (S) => S.fill(6) }));
    equal([...W.data], [6, 6, 6]);
    await fails(() => sharedArray("string", [2]), /^UsageError: "string" is not a type of numbers; use one of float64/);
    await fails(() => sharedArray("int32", [-2]), /-2 is not a size of a dimension/);
    await fails(() => sharedArray("int32", [2], { order: "K" }), /the order is "C" or "F", not K/);
    await fails(() => sharedArray("int32", [2], { pid: [2] }), /there is no option "pid"; there are init, pids, order, signal/);
    await fails(() => sharedArray("int32", [2], { pids: [9] }), /no process with id 9/);
    await fails(() => sharedArray("int32", [2], { pids: [] }), /no processes given/);
    await fails(() => sharedArray("int32", [2], { pids: [2, 2] }), /process 2 is given twice/);
    await fails(() => sharedArray("int32", [2], { init: 5 }), /init is a function/);
    const signal = AbortSignal.timeout(300);
    await fails(() => sharedArray("int32", [2], { init: () => { if (myid() === 3) for (;;); }, signal }), /InterruptError/);
    await fails(() => sharedArray("int32", [2], { signal }), /InterruptError/);
    equal((await sharedArray("int32", [2])).length, 2);
    await fails(() => sharedArray("float64", [2 ** 47]), /^UsageError: (a shared array of .* GiB does not fit into the shared memory of this host|Node .* maps at most 4 GiB at once)/);
    const error = await fails(() => sharedArray("int32", [2], { init: () => { if (myid() === 3) throw new RangeError("mine"); } }), /RemoteError: on worker 3: RangeError: mine/);
    equal(error.pid, 3);
  `);
});

test("nothing stays: not of dropped ones, not of closed ones, not when anybody is killed", async () => {
  await drives(
    `
    import { readFileSync } from "node:fs";
    const maps = () => (readFileSync("/proc/self/maps", "utf8").match(/memfd:tjulia/g) ?? []).length;
    const everybody = async () => (await Promise.all(procs().map((p) => remotecallFetch(p, maps)))).reduce((a, b) => a + b);
    await (async () => { for (let i = 0; i < 5; i++) { const S = await sharedArray("float64", [1000]); await remotecallFetch(2, (S) => S.set(1, 0), S); } })();
    assert.ok((await everybody()) >= 4);
    const rest = async () => { globalThis.gc(); await everywhere(() => globalThis.gc()); return everybody(); };
    await until("dropped arrays to be unmapped", async () => (await rest()) === 0);
    let S = await sharedArray("float64", [1000]);
    const view = S.data;
    view[3] = 5;
    await S.close();
    await fails(() => remotecallFetch(2, (S) => S.get(0), S), /^UsageError: the shared array has been closed/);
    S = undefined;
    await until("others to unmap", async () => (await rest()) === 1);
    equal(view[3], 5);
    // A participant dies: the others go on, and a new one is made at once.
    const T = await sharedArray("int32", [4]);
    remoteDo(4, () => process.kill(process.pid, "SIGKILL"));
    await until("the death to be known", () => !procs().includes(4));
    await remotecallFetch(3, (T) => T.set(3, 3), T);
    equal([T.get(3), (await sharedArray("int32", [2])).pids], [3, [2, 3]]);
  `,
    { env: { NODE_OPTIONS: "--expose-gc" } },
  );
  expect(segments()).toEqual([]);
});
