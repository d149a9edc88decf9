import { test } from "vitest";
import { drives } from "./drives.ts";

test("numpy-ts arrays of every type and any strides arrive as they are", async () => {
  await drives(`
    const types = ["float64","float32","float16","complex128","complex64","int64","int32","int16","int8","uint64","uint32","uint16","uint8","bool"];
    for (const dtype of types) {
      const a = np.arange(0, 24).astype(dtype).reshape(4, 6);
      for (const b of [a, a.T, a.slice("1:3", "::2"), a.slice("::-1"), a.reshape(2, 3, 4), np.zeros([0, 3], dtype), np.add(a, a), np.broadcast_to(a.slice("0:1"), [4, 6])]) {
        const [back, shape, text, strides] = await remotecallFetch(2, (b) => [b, b.shape, JSON.stringify(b.tolist(), (k, v) => (typeof v === "bigint" ? String(v) : v)), b.strides], b);
        equal([shape, text], [[...b.shape], JSON.stringify(b.tolist(), (k, v) => (typeof v === "bigint" ? String(v) : v))]);
        equal([back.dtype, back.shape, back.tolist()], [dtype, b.shape, b.tolist()]);
        assert.ok(back instanceof np.NDArray && np.sum(back) !== undefined);
      }
    }
  `);
});

test("only what is shown of a large array travels, never the heap below it", async () => {
  await drives(`
    const big = np.zeros([2000, 2000]);
    const row = big.slice("5:6");
    equal(await remotecallFetch(2, (r) => [r.data.buffer.byteLength < 100000, r.shape], row), [true, [1, 2000]]);
    const heap = await remotecallFetch(2, (a) => a.data.buffer.byteLength, np.add(np.ones([100]), 1));
    assert.ok(heap <= 8192, String(heap));
    // Two that share their memory still share it at the other end; a strided one keeps its strides.
    const a = np.array(new Float64Array(6)).reshape(2, 3);
    const own = zeros(2, 3);
    const shared = await remotecallFetch(2, (x, y) => { x.set([0, 1], 5); return [y.get([1, 0]), y.strides]; }, own, own.T);
    equal(shared, [5, [1, 3]]);
  `);
});

test("inside other values, as results, in closures, and out of results of numpy-ts that are gone", async () => {
  await drives(`
    const weights = np.array([1, 2, 3]);
    equal(await remotecallFetch(2, (o) => np.sum(np.multiply(o.x[0], weights)), { x: [ones(3)] }), 6);
    const results = await Promise.all(Array.from({ length: 50 }, (_, k) => remotecallFetch(2, (k) => np.add(np.zeros([20000]), k), k)));
    results.forEach((r, k) => equal([r.get([0]), r.get([19999])], [k, k]));
    const m = new Map([["a", np.eye(2)]]);
    equal((await remotecallFetch(3, (m) => m, m)).get("a").tolist(), [[1, 0], [0, 1]]);
    const r = remotecall(2, () => np.arange(0, 12).reshape(3, 4));
    equal([await getindex(r, 1, 2), (await getindex(r, 0)).tolist(), (await r.getindex(range(0, 3, 2), 1)).tolist()], [6, [0, 1, 2, 3], [1, 9]]);
    // Code that knows numpy-ts by its own import has the same class.
    equal(await remotecallFetch(2, (a) => a instanceof np.NDArray, weights), true);
  `);
});

test("plain arrays: rand, randn, zeros, ones, and np, which is loaded when it is used", async () => {
  await drives(`
    equal([zeros(2, 3).tolist(), ones([2]).tolist(), ones(2, { dtype: "bool" }).dtype, zeros().shape], [[[0, 0, 0], [0, 0, 0]], [1, 1], "bool", []]);
    const r = rand(100, 2), g = randn(1000);
    assert.ok(r.data.every((x) => x >= 0 && x < 1) && Math.abs(np.mean(g)) < 0.3);
    assert.ok(typeof rand() === "number" && typeof randn() === "number");
    equal([rand(3, { dtype: "float32" }).dtype, randn([2, 2]).shape], ["float32", [2, 2]]);
    // numpy-ts starts from the same numbers in every process; here it does not.
    const drawn = await Promise.all([1, 2, 3].map((p) => remotecallFetch(p, () => np.random.random([2]).tolist())));
    equal(new Set(drawn.map(String)).size, 3);
    np.random.seed(5);
    const seeded = np.random.random([2]).tolist();
    np.random.seed(5);
    equal(np.random.random([2]).tolist(), seeded);
    assert.throws(() => rand(2, { dtype: "int8" }), /random numbers are float64 or float32, not int8/);
    assert.throws(() => zeros(-1), /RangeError|no memory|Invalid/);
    assert.ok("add" in np && Object.keys(np).includes("matmul") && (await np) === np);
  `);
});

test("neither numpy-ts nor koffi is loaded before it is needed", async () => {
  await drives(`
    const loaded = () => ["numpy-ts", "koffi"].filter((name) => Object.keys(process.getBuiltinModule("module")._cache).some((f) => f.includes("/node_modules/" + name + "/")));
    const d = await drand([1000]);
    const e = await d.map((x) => 2 * x);
    assert.ok((await e.sum()) < 2000 && (await e.sub(d)).length === 1000);
    equal(await Promise.all(procs().map((p) => remotecallFetch(p, loaded))), [[], [], [], []]);
    await toArray(d);
    await remotecallFetch(3, () => localpart(d));
    await sharedArray("int8", [1], { pids: [4] });
    equal(await Promise.all(procs().map((p) => remotecallFetch(p, loaded))), [["numpy-ts", "koffi"], [], ["numpy-ts"], ["koffi"]]);
  `);
});
