import { test } from "vitest";
import { drives } from "./drives.ts";

test("init makes the chunks where they lie, from the ranges of indexes", async () => {
  await drives(`
    const d = await darray(([rows, cols]) => {
      const chunk = zeros(rows.length, cols.length);
      for (const i of rows) for (const j of cols) chunk.set([i - rows.start, j - cols.start], 100 * i + j);
      return chunk;
    }, [5, 7]);
    equal([d.dims, d.dtype, d.pids, d.dist, d.length, d.ndim], [[5, 7], "float64", [2, 3, 4], [1, 3], 35, 2]);
    equal(d.indexes.map((rs) => rs.map(String)), [["range(0, 5)", "range(0, 3)"], ["range(0, 5)", "range(3, 5)"], ["range(0, 5)", "range(5, 7)"]]);
    equal(await nested(d), Array.from({ length: 5 }, (_, i) => Array.from({ length: 7 }, (_, j) => 100 * i + j)));
    // An async init, processes and pieces by choice, a dimension alone.
    const e = await darray(async ([r]) => new Float32Array(r.length).fill(myid()), 5, [4, 2]);
    equal([await nested(e), e.dtype, e.pids], [[4, 4, 4, 2, 2], "float32", [4, 2]]);
    const f = await darray((I) => I[0].map(() => I[1].map(() => myid())), [2, 2], { procs: [3, 2], dist: [2, 1], dtype: "int16" });
    equal([await nested(f), f.dtype], [[[3, 3], [2, 2]], "int16"]);
    // Every process that is alone is its own worker.
    equal(String(f), "2×2 int16 DArray (2×1 pieces on processes 3, 2)");
  `);
});

test("zeros, ones, random numbers, one value, a local array: of every type", async () => {
  await drives(`
    const types = ["float64","float32","float16","complex128","complex64","int64","int32","int16","int8","uint64","uint32","uint16","uint8","bool"];
    await Promise.all(types.map(async (dtype) => {
      const z = await dzeros([4, 3], { dtype });
      const o = await dones([4, 3], [2, 3], [2, 1], { dtype });
      equal([z.dtype, o.dtype], [dtype, dtype]);
      const one = dtype.includes("int64") ? 1n : dtype === "bool" ? true : dtype.startsWith("c") ? { re: 1, im: 0 } : 1;
      equal(await o.get(3, 2), one);
      const local = np.ones([4, 3], dtype);
      const there = await distribute(local);
      equal(there.dtype, dtype);
      equal(await nested(there), local.tolist());
      equal((await toArray(there)).dtype, dtype);
      assert.ok(await there.equals(o));
    }));
    equal((await dfill(true, [3])).dtype, "bool");
    equal(await nested(dfill(7n, [3])), [7n, 7n, 7n]);
    equal(await nested(dfill("x", [2, 2])), [["x", "x"], ["x", "x"]]);
    equal((await dfill({ re: 1, im: 2 }, 2)).dtype, "complex128");
    equal((await dzeros(3, 4)).dims, [3, 4]);
    const u = await drand([1000]), g = await drandn([1000], { dtype: "float32" });
    assert.ok((await u.min()) >= 0 && (await u.max()) < 1 && Math.abs((await u.mean()) - 0.5) < 0.1);
    assert.ok(Math.abs(await g.mean()) < 0.3 && Math.abs((await g.std()) - 1) < 0.2 && g.dtype === "float32");
    // Workers draw different numbers.
    equal(new Set((await nested(u))).size, 1000);
    equal(await nested(distribute([1, 2, 3, 4], await dzeros([4], [4, 2]))), [1, 2, 3, 4]);
    equal((await distribute([[1, 2], [3, 4]], [4, 2], [2, 1])).pids, [4, 2]);
  `);
});

test("the parts of this process: the chunk itself and its ranges, empty ones where there is none", async () => {
  await drives(`
    const d = await dzeros([4, 6], [2, 3], [1, 2]);
    equal(localindexes(d).map(String), ["range(0, 0)", "range(0, 0)"]);
    equal([localpart(d).shape, localpart(d).dtype], [[0, 0], "float64"]);
    const inside = await Promise.all(d.pids.map((p) => remotecallFetch(p, (d) => {
      localpart(d).set([0, 0], myid());
      return [localindexes(d).map(String), localpart(d).shape, localpart(d) === localpart(d)];
    }, d)));
    equal(inside, [[["range(0, 4)", "range(0, 3)"], [4, 3], true], [["range(0, 4)", "range(3, 6)"], [4, 3], true]]);
    equal([await d.get(0, 0), await d.get(0, 3)], [2, 3]);
    // What init returned is the chunk.
    const t = await darray((I) => { globalThis.chunk = new Float64Array(I[0].length); return globalThis.chunk; }, [6]);
    equal(await Promise.all(t.pids.map((p) => remotecallFetch(p, () => localpart(t) === globalThis.chunk))), [true, true, true]);
    // On a process that is an owner itself.
    const own = await dones([4], [1, 2]);
    equal([localpart(own).tolist(), String(localindexes(own)[0])], [[1, 1], "range(0, 2)"]);
  `);
});

test("chunks of anything with a shape", async () => {
  await drives(`
    const words = await darray(([r]) => r.map((i) => "w" + i), [5]);
    equal([words.dtype, await nested(words)], ["object", ["w0", "w1", "w2", "w3", "w4"]]);
    equal([await words.get(3), await nested(words.view(range(1, 4)))], ["w3", ["w1", "w2", "w3"]]);
    equal(await nested(words.map((w) => w.length)), [2, 2, 2, 2, 2]);
    equal(await words.reduce((a, b) => a + b), "w0w1w2w3w4");
    const table = await darray(([r, c]) => r.map((i) => c.map((j) => ({ i, j }))), [2, 3]);
    equal(await table.get(1, 2), { i: 1, j: 2 });
    await table.set({ i: 9, j: 9 }, 0, 0);
    equal(await nested(table.view(0, ":")), [{ i: 9, j: 9 }, { i: 0, j: 1 }, { i: 0, j: 2 }]);
    const flags = await darray(([r]) => r.map((i) => i % 2 === 0), [4]);
    equal([flags.dtype, await flags.get(0), await flags.get(1), await flags.count()], ["bool", true, false, 2]);
    const flat = await darray(([r, c]) => new Int32Array(r.length * c.length).fill(myid()), [2, 3]);
    equal([flat.dtype, await flat.get(1, 2)], ["int32", 4]);
    const foreign = await darray(([r]) => ({ data: new Float64Array(2 * r.length).fill(5), shape: [r.length], stride: [2], offset: 1 }), [6]);
    equal(await foreign.sum(), 30);
    const complex = await darray(([r]) => r.map(() => new np.Complex(1, 2)), [3]);
    equal([await complex.get(2), await complex.sum()], [{ re: 1, im: 2 }, { re: 3, im: 6 }]);
  `);
});

test("what does not fit is an error that says what", async () => {
  await drives(`
    await fails(() => dzeros([4, 4], [2, 3, 4], [2, 2]), /^UsageError: dist \\[2, 2\\] makes 4 pieces, but there are 3 processes: \\[2, 3, 4\\]/);
    await fails(() => dzeros([4], []), /no processes given/);
    await fails(() => dzeros([4], [17]), /no process with id 17/);
    await fails(() => dzeros("4"), /dimensions are a list of whole numbers, not 4/);
    await fails(() => dzeros([4], { dtpe: "int8" }), /dzeros: there is no option "dtpe"; there are dtype, procs, dist/);
    await fails(() => dzeros([4], { dtype: "Int64" }), /"Int64" is not a type of numbers \\(did you mean "int64"\\?\\)/);
    await fails(() => darray([4]), /first argument is the function/);
    await fails(() => distribute(5), /distribute: expected an array .*, got number 5/);
    await fails(() => darray(() => zeros(2, 2), [9]), /^RemoteError: on worker 2: UsageError: darray: the chunk has the shape 2×2, its part of the array is 3-element/);
    await fails(() => darray(() => undefined, [9]), /darray: expected an array \\(numpy-ts, typed or plain\\), got undefined/);
    await fails(() => darray(([r]) => myid() === 3 ? r.map(String) : zeros(r.length), [9]), /chunks have different types: float64 on process 2, object on process 3/);
  `);
});

test("an init that throws on one worker leaves nothing behind", async () => {
  await drives(`
    await dzeros([9]).then((d) => d.close());
    const before = await kept();
    const error = await fails(() => darray(([r]) => { if (myid() === 3) throw new RangeError("no room"); return zeros(r.length); }, [9]), /RemoteError: on worker 3: RangeError: no room/);
    equal([error.pid, error.cause.name], [3, "RangeError"]);
    await until("the other chunks to go", async () => (await kept()) <= before);
  `);
});

test("out of references, laid on a grid", async () => {
  await drives(`
    const refs = [2, 3, 4].map((p) => spawnat(p, () => new Float64Array(myid()).fill(myid())));
    const d = await darrayFrom(refs);
    equal([d.dims, d.pids, await nested(d)], [[9], [2, 3, 4], [2, 2, 3, 3, 3, 4, 4, 4, 4]]);
    equal(await nested(d.view(range(1, 8, 3))), [2, 3, 4]);
    await refs[0].fetch();
    const rows = [2, 3].map((p) => spawnat(p, () => ones(myid(), 2)));
    equal((await darrayFrom(rows)).dims, [5, 2]);
    equal((await darrayFrom([[spawnat(2, () => ones(2, 1)), spawnat(3, () => ones(2, 3))]])).dims, [2, 4]);
    equal((await darrayFrom([spawnat(2, () => ones(2, 1)), spawnat(3, () => ones(2, 3))], [1, 2])).dims, [2, 4]);
    await fails(darrayFrom([spawnat(2, () => ones(2, 1)), spawnat(3, () => ones(2, 3))]), /chunk 1 \\(2×3\\) does not fit to those beside it/);
    await fails(darrayFrom([spawnat(2, () => [1]), spawnat(2, () => [1])]), /chunks 0 and 1 are both on process 2/);
    await fails(darrayFrom([spawnat(2, () => 5)]), /darrayFrom: expected an array/);
    await fails(darrayFrom([spawnat(2, () => { throw new TypeError("bad"); })]), /RemoteError: on worker 2: (RemoteError: on worker 2: )?TypeError: bad/);
    // Operations between arrays that are cut differently.
    equal(await (await d.add(await dones([9]))).sum(), 29 + 9);
  `);
});
