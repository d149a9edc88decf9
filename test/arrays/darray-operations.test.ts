import { test } from "vitest";
import { drives } from "./drives.ts";

test("map, mapInPlace: types by the result, several arrays, new ones of the same layout", async () => {
  await drives(`
    const d = await distribute([[1, 2, 3], [4, 5, 6]], [4, 2, 3], [1, 3]);
    const e = await d.map((x) => x * 10);
    equal([await nested(e), e.dtype, e.pids, e.dist], [[[10, 20, 30], [40, 50, 60]], "float64", [4, 2, 3], [1, 3]]);
    equal([(await d.map((x) => x > 2)).dtype, (await d.map((x) => BigInt(x))).dtype, (await d.map((x) => x, { dtype: "int8" })).dtype], ["bool", "int64", "int8"]);
    equal(await nested(d.map((x) => "n" + x)), [["n1", "n2", "n3"], ["n4", "n5", "n6"]]);
    const factor = 3;
    equal(await nested(d.map((x, y, z) => x * factor + y + z, e, [[100], [200]])), [[113, 126, 139], [252, 265, 278]]);
    assert.ok(await d.mapInPlace((x) => x + 1) === d);
    await d.mapInPlace((x, y) => x - y, [1, 2, 3]);
    equal(await nested(d), [[1, 1, 1], [4, 4, 4]]);
    const error = await fails(d.map((x) => { if (x === 4) throw new Error("four"); return x; }), /RemoteError: on worker \\d: Error: four/);
    assert.ok(error.stack.includes("driver.ts"));
    await fails(d.map((x) => (x === 4 ? "four" : x)), /map: the function returned "four" \\(string\\) where the array's elements are float64; give \\{ dtype \\}|chunks have different types/);
    await fails(d.map(async (x) => x), /map: the function returned a promise/);
    await fails(d.map((x) => x, { dtype: "integer" }), /"integer" is not a type of numbers/);
    await fails(d.map((x, y) => x, ones(4)), /arrays of 2×3 and 4-element elements do not fit together/);
  `);
});

test("reductions to a value", async () => {
  await drives(`
    const d = await distribute([[3, 1, 2], [9, 7, 8], [6, 4, 5]]);
    equal([await d.sum(), await d.prod(), await d.min(), await d.max(), await d.mean()], [45, 362880, 1, 9, 5]);
    equal([await d.std(), await d.var(), await d.var({ corrected: false })], [Math.sqrt(7.5), 7.5, 60 / 9]);
    equal([await d.any(), await d.all(), await d.count(), await d.any((x) => x > 8), await d.all((x) => x > 1), await d.count((x) => x > 5)], [true, true, 9, true, false, 4]);
    equal([await d.reduce("+"), await d.reduce("*"), await d.reduce("min"), await d.reduce("max")], [45, 362880, 1, 9]);
    equal([await d.reduce((a, b) => (a > b ? a : b)), await d.reduce((a, b) => a + b, { init: 100 }), await d.reduce("+", { init: 100 })], [9, 145, 145]);
    equal([await d.mapreduce((x) => x * x, "+"), await d.mapreduce((x) => [x], (a, b) => a.concat(b)), await d.mapreduce(String, (a, b) => a + b, { init: "" })],
      [285, [3, 9, 6, 1, 7, 4, 2, 8, 5], "396174285"]);
    const v = await distribute(["a", "b", "c", "d"]);
    equal(await v.reduce((a, b) => a + b), "abcd");
    const b = await distribute([true, false, true]);
    equal([await b.sum(), await b.reduce("&&"), await b.reduce("||"), await b.mean()], [2, false, true, 2 / 3]);
    const i = await distribute(Int32Array.of(2 ** 31 - 1, 2 ** 31 - 1, 1));
    equal([await i.sum(), await i.max()], [2 ** 32 - 1, 2 ** 31 - 1]);
    const big = await distribute([2n ** 60n, 1n, 2n]);
    equal([await big.sum(), await big.mean()], [2n ** 60n + 3n, Number(2n ** 60n) / 3]);
    equal(await (await distribute([1, NaN, 3])).max(), NaN);
    const none = await dzeros([0]);
    equal([await none.sum(), await none.prod(), await none.all(), await none.reduce((a, b) => a + b, { init: 5 })], [0, 1, true, 5]);
    await fails(none.max(), /UsageError: max of an array without elements/);
    await fails(none.reduce((a, b) => a + b), /reduce of an array without elements: give \\{ init \\}/);
    await fails(d.reduce("plus"), /reduce: plus is neither a function nor one of \\+ \\* min max && \\|\\|/);
    await fails(v.sum(), /sum is for numbers; give reduce\\(\\) a function/);
    // Fewer elements than processes: some pieces are empty.
    const few = await dzeros([2], [2, 3, 4], [3]);
    equal([await few.sum(), await few.reduce((a, b) => a + b), await few.std()], [0, 0, 0]);
    equal(await few.min(), 0);
  `);
});

test("reductions along dimensions keep them with size 1", async () => {
  await drives(`
    const full = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]];
    const local = np.array(full);
    for (const dist of [[1, 1, 1], [2, 1, 1], [1, 3, 1], [1, 1, 2]]) {
      const d = await distribute(full, [2, 3, 4].slice(0, Math.max(...dist)), dist);
      for (const dims of [0, 1, 2, [0, 1], [0, 2], [1, 2], [0, 1, 2]]) {
        const axes = [dims].flat();
        const shape = [2, 3, 2].map((n, k) => (axes.includes(k) ? 1 : n));
        let sum = local, max = local;
        for (const axis of axes) { sum = np.sum(sum, axis, true); max = np.amax(max, axis, true); }
        const flat = (x) => [typeof x === "number" ? x : x.tolist()].flat(9);
        const [s, m, mean, r] = [await d.sum(dims), await d.max(dims), await d.mean(dims), await d.reduce((a, b) => a + b, { dims })];
        equal([s.dims, m.dims], [shape, shape]);
        equal(flat(await toArray(s)), flat(sum));
        equal(flat(await toArray(m)), flat(max));
        equal(flat(await toArray(r)), flat(sum));
        const count = 12 / s.length;
        equal(flat(await toArray(mean)), flat(sum).map((x) => x / count));
        equal(flat(await toArray(await d.mapreduce((x) => 2 * x, "+", { dims }))), flat(sum).map((x) => 2 * x));
      }
    }
    const d = await distribute([[1, 2, 6], [3, 4, 8]], [2, 3, 4], [1, 3]);
    equal(await nested(d.std(0)), [[Math.SQRT2, Math.SQRT2, Math.SQRT2]]);
    equal(await nested(d.var(1, { corrected: false })), [[14 / 3], [14 / 3]].map((r) => r.map((x) => 14 / 3)));
    equal((await d.any(0)).dtype, "bool");
    equal(await nested(d.count([0])), [[2, 2, 2]]);
    equal((await (await dones([2, 2], { dtype: "int32" })).sum(0)).dtype, "int64");
    await fails(d.sum(2), /there is no dimension 2 in an array of 2 dimensions/);
    await fails(d.reduce("+", { dims: 0, init: 1 }), /init is for a reduction to a value/);
  `);
});

test("arithmetic and comparison: scalars, arrays, arrays of any layout, broadcasting", async () => {
  await drives(`
    const d = await distribute([[1, 2, 3], [4, 5, 6]]);
    const same = await distribute([[6, 5, 4], [3, 2, 1]]);
    const other = await distribute([[6, 5, 4], [3, 2, 1]], [4, 2], [2, 1]);
    equal(await nested(d.add(1)), [[2, 3, 4], [5, 6, 7]]);
    equal([await nested(d.add(same)), await nested(d.add(other)), await nested(d.add([[6, 5, 4], [3, 2, 1]]))], Array(3).fill([[7, 7, 7], [7, 7, 7]]));
    equal(await nested(d.sub(other)), [[-5, -3, -1], [1, 3, 5]]);
    equal([await nested(d.mul([10, 20, 30])), await nested(d.mul(await distribute([[1], [-1]])))], [[[10, 40, 90], [40, 100, 180]], [[1, 2, 3], [-4, -5, -6]]]);
    equal([await nested(d.div(2)), await nested(d.mod(4)), await nested(d.rem(-4)), await nested(d.pow(2))],
      [[[0.5, 1, 1.5], [2, 2.5, 3]], [[1, 2, 3], [0, 1, 2]], [[1, 2, 3], [0, 1, 2]], [[1, 4, 9], [16, 25, 36]]]);
    equal([await nested(d.eq(same)), await nested(d.lt(3)), await nested(d.ge(np.array([2, 2, 4])))],
      [[[0, 0, 0], [0, 0, 0]], [[1, 1, 0], [0, 0, 0]], [[0, 1, 0], [1, 1, 1]]]);
    const flags = await d.gt(2);
    equal([flags.dtype, await flags.count(), await nested(flags.and(await d.lt(5))), await nested(flags.xor(true))], ["bool", 4, [[0, 0, 1], [1, 0, 0]], [[1, 1, 0], [0, 0, 0]]]);
    // A larger shape than either has.
    const outer = await (await distribute([1, 2, 3])).add(await distribute([[10], [20]]));
    equal([outer.dims, await nested(outer)], [[2, 3], [[11, 12, 13], [21, 22, 23]]]);
    const i = await dones([4], { dtype: "int32" });
    equal([(await i.add(1)).dtype, (await i.add(0.5)).dtype, (await i.div(2)).dtype, (await i.add(await dones([4], { dtype: "int64" }))).dtype, (await i.mul(1n)).dtype],
      ["int32", "float64", "float64", "int64", "int32"]);
    equal([await d.equals(d), await d.equals(same), await same.equals(other), await d.equals(np.array([[1, 2, 3], [4, 5, 6]])), await d.equals([1, 2, 3]), await d.equals(1)], [true, false, true, true, false, false]);
    equal(await d.dot(same), 56);
    await fails(d.add(ones(5)), /arrays of 2×3 and 5-element elements do not fit together/);
    await fails(d.and(1), /RemoteError.*and is for bool and integer arrays, not for float64/);
  `);
});

test("copies, other shapes, other layouts, transposes", async () => {
  await drives(`
    const full = Array.from({ length: 6 }, (_, i) => Array.from({ length: 4 }, (_, j) => 4 * i + j));
    const d = await distribute(full, [2, 3, 4], [3, 1]);
    const copy = await d.copy();
    await copy.set(100, 0, 0);
    equal([await d.get(0, 0), copy.pids, copy.dist], [0, [2, 3, 4], [3, 1]]);
    const t = await d.transpose();
    equal([t.dims, t.dist, t.pids, await nested(t)], [[4, 6], [1, 3], [2, 3, 4], full[0].map((_, j) => full.map((row) => row[j]))]);
    const cube = await distribute([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [2, 3], [1, 1, 2]);
    const turned = await cube.transpose(2, 0, 1);
    equal([turned.dist, await nested(turned)], [[2, 1, 1], [[[1, 3], [5, 7]], [[2, 4], [6, 8]]]]);
    await fails(cube.transpose(0, 0, 1), /\\[0, 0, 1\\] is not an order of the 3 dimensions/);
    const r = await d.reshape(24);
    equal([r.dims, r.pids, String(r.indexes[1][0]), await nested(r)], [[24], [2, 3, 4], "range(8, 16)", full.flat()]);
    equal(await nested(d.reshape(3, 2, 4)), [full.slice(0, 2), full.slice(2, 4), full.slice(4)]);
    equal((await d.reshape([1, 12, 2])).dims, [1, 12, 2]);
    await fails(d.reshape(4, 6), /an array of 6×4 cut into 3×1 pieces cannot become 4×6 without moving elements; try redistribute/);
    await fails(d.reshape(5, 5), /6×4 elements do not fit into the shape 5×5/);
    await fails(t.reshape(24), /cannot become/);
    const m = await d.redistribute([4, 2], [1, 2]);
    equal([m.pids, m.dist, await nested(m), await nested(m.add(d))], [[4, 2], [1, 2], full, full.map((row) => row.map((x) => 2 * x))]);
    equal((await d.redistribute([3])).pids, [3]);
    const z = await d.similar(), b = await d.similar("bool");
    equal([await z.sum(), z.dtype, z.pids, b.dtype], [0, "float64", [2, 3, 4], "bool"]);
  `);
});

test("matrix products: whatever the cuts", async () => {
  await drives(`
    const matrix = (m, n, s) => Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => ((i * 7 + j * 3 + s) % 11) - 5));
    const times = (a, b) => a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
    const A = matrix(7, 6, 1), B = matrix(6, 5, 4), expected = times(A, B), v = [1, -2, 3, 0, 5, 1];
    for (const [procs, dist] of [[[2], [1, 1]], [[2, 3, 4], [3, 1]], [[2, 3, 4], [1, 3]], [[2, 3, 4, 1], [2, 2]]]) {
      const a = await distribute(A, procs, dist);
      equal(await nested(a.matmul(B)), expected);
      for (const [procs2, dist2] of [[[4, 3], [2, 1]], [[3, 2], [1, 2]], [procs, dist]]) {
        const product = await a.matmul(await distribute(B, procs2, dist2));
        equal([product.dims, await nested(product)], [[7, 5], expected]);
      }
      const w = times(A, v.map((x) => [x])).flat();
      equal([await nested(a.matmul(v)), await nested(a.matmul(await distribute(v))), await nested(a.matmul(v.map((x) => [x])))], [w, w, w.map((x) => [x])]);
      equal(await nested(a.matmul(await a.transpose())), times(A, A[0].map((_, j) => A.map((row) => row[j]))));
    }
    const i = await dones([3, 3], { dtype: "int32" });
    const half = await dones([5, 4], { dtype: "float16" });
    equal((await half.matmul(await half.transpose())).dtype, "float16");
    const p = await i.matmul(i);
    equal([p.dtype, await p.sum()], ["int32", 27]);
    const a = await distribute(A);
    await fails(a.matmul(A), /matmul: 7×6 and 7×6 have no product/);
    await fails(a.matmul(3), /have no product/);
    await fails((await dones([3])).matmul(ones(3, 3)), /3-element and 3×3 have no product/);
  `);
});

test("sorting vectors of numbers and of anything else", async () => {
  await drives(`
    const pick = (n) => Math.floor(Math.random() * n);
    for (let n = 0; n < 12; n++) {
      const values = Array.from({ length: pick(200) }, () => (n % 3 === 0 ? pick(5) : n % 3 === 1 ? Math.random() : pick(10) === 0 ? NaN : pick(1000) - 500));
      const expected = [...Float64Array.from(values).sort()];
      const d = await distribute(values, [2, 3, 4].slice(0, 1 + pick(3)), undefined);
      const s = await d.sort();
      equal(await nested(s), expected);
      equal([s.pids, s.indexes.map(String)], [d.pids, d.indexes.map(String)]);
      const reversed = expected.filter((x) => !Number.isNaN(x)).reverse();
      equal((await nested(d.sort({ rev: true }))).filter((x) => !Number.isNaN(x)), reversed);
    }
    equal(await nested((await distribute(["pear", "fig", "apple", "kiwi"])).sort()), ["apple", "fig", "kiwi", "pear"]);
    equal(await nested((await distribute(["pear", "fig", "apple", "kiwi"])).sort({ by: (s) => s.length })), ["fig", "pear", "kiwi", "apple"]);
    equal(await nested((await distribute([{ n: 2 }, { n: 1 }, { n: 3 }])).sort({ compare: (a, b) => b.n - a.n })), [{ n: 3 }, { n: 2 }, { n: 1 }]);
    equal(await nested((await distribute([3n, 1n, 2n])).sort()), [1n, 2n, 3n]);
    equal(await nested((await distribute([true, false, true, false])).sort()), [0, 0, 1, 1]);
    equal(await nested((await distribute(Int8Array.of(5, -5, 0))).sort()), [-5, 0, 5]);
    await fails((await dones([2, 2])).sort(), /sort is for vectors; this array has 2 dimensions/);
    await fails((await dones([2])).sort({ reverse: true }), /sort: there is no option "reverse"/);
    await fails((await dones([2], { dtype: "complex64" })).sort(), /complex numbers have no order/);
  `);
});
