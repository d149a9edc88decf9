import { test } from "vitest";
import { drives } from "./drives.ts";

test("single elements are read and written where they lie", async () => {
  await drives(`
    const d = await darray(([r, c]) => r.map((i) => c.map((j) => 10 * i + j)), [6, 6], [2, 3, 4], [3, 1]);
    equal([await d.get(0, 0), await d.get(5, 5), await d.get(2, 3)], [0, 55, 23]);
    await d.set(-1, 5, 5);
    equal(await remotecallFetch(3, (d) => d.get(5, 5), d), -1);
    await remotecallFetch(2, (d) => d.set(-2, 5, 4), d);
    equal(await d.get(5, 4), -2);
    await d.set([7, 8, 9], range(1, 4), 0);
    await d.set(0, ":", 5);
    await d.set(zeros(2, 2), range(4, 6), range(2, 4));
    equal(await nested(d), [[0, 1, 2, 3, 4, 0], [7, 11, 12, 13, 14, 0], [8, 21, 22, 23, 24, 0], [9, 31, 32, 33, 34, 0], [40, 41, 0, 0, 44, 0], [50, 51, 0, 0, -2, 0]]);
    await d.fill(3);
    equal(await d.sum(), 108);
    await fails(d.get(6, 0), /UsageError: index 6 of dimension 0 is outside the array \\(6×6, indexes start at 0\\)/);
    await fails(d.get(0), /1 indexes for one element of an array of 2 dimensions/);
    await fails(d.set([1, 2], range(3), 0), /arrays of 3-element and 2-element elements do not fit together/);
    await fails(d.set("x", 0, 0), /"x" is not a number; the array's elements are float64|cannot/);
  `);
});

test("views choose with integers, ranges and steps, also of views, and copy nothing until they are read", async () => {
  await drives(`
    const full = Array.from({ length: 8 }, (_, i) => Array.from({ length: 9 }, (_, j) => 10 * i + j));
    const d = await distribute(full, [2, 3, 4], [3, 1]);
    const v = d.view(range(1, 8, 2), range(7, 0, -3));
    equal([v.dims, v.dtype, v.length, String(v)], [[4, 3], "float64", 12, "4×3 float64 view of 8×9 float64 DArray (3×1 pieces on processes 2, 3, 4)"]);
    await d.set(1000, 3, 4);
    equal(await nested(v), [[17, 14, 11], [37, 1000, 31], [57, 54, 51], [77, 74, 71]]);
    equal(await nested(v.view(1)), [37, 1000, 31]);
    equal(await nested(v.view(":", 2).view(range(2, 4))), [51, 71]);
    equal([await v.get(1, 1), await v.view(3).get(0)], [1000, 77]);
    await v.set(0, 0);
    equal([await d.get(1, 7), await d.get(1, 4), await d.get(1, 5)], [0, 0, 15]);
    equal(await nested(d.view(2)), full[2]);
    equal((await toArray(d.view(range(0), ":"))).shape, [0, 9]);
    assert.throws(() => d.view(8), /index 8 of dimension 0/);
    assert.throws(() => v.view(0, 0, 0), /3 indexes for an array of 2 dimensions/);
    // A view travels as what it is a view of.
    equal(await remotecallFetch(4, async (v) => (await v.toArray()).tolist(), v.view(2)), [57, 54, 51]);
    // It is an operand like any other array.
    equal(await nested((await d.view(range(0, 4), 0).toArray())), [0, 10, 20, 30]);
    equal(await nested(dones([4]).then((o) => o.add(d.view(range(0, 4), 0)))), [1, 11, 21, 31]);
  `);
});

test("whole arrays and corners, here and from worker to worker", async () => {
  await drives(`
    const d = await dones([1000, 300], [2, 3, 4], [3, 1]);
    const big = await toArray(d);
    equal([big.shape, np.sum(big)], [[1000, 300], 300000]);
    const corner = await toArray(d.view(range(330, 340), range(10)));
    equal(np.sum(corner), 100);
    // From worker to worker, without process 1.
    equal(await remotecallFetch(4, async (d) => np.sum(await toArray(d.view(":", 0))), d), 1000);
  `);
});

test("assignment into a part of a local array", async () => {
  await drives(`
    const d = await distribute([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [2, 3, 4], [1, 3]);
    const old = zeros(5, 5);
    assert.ok(await setindex(old, d, range(1, 4), range(1, 4)) === old);
    await setindex(old, d.view(2, ":"), 0, range(1, 4));
    await setindex(old, d.view(":", 2), range(1, 4), 0);
    await setindex(old, -1, 4);
    await setindex(old, [7, 7], range(0, 2), 4);
    equal(old.tolist(), [[0, 7, 8, 9, 7], [3, 1, 2, 3, 7], [6, 4, 5, 6, 0], [9, 7, 8, 9, 0], [-1, -1, -1, -1, -1]]);
    const typed = new Int32Array(3);
    await setindex(typed, d.view(0, ":"));
    equal([...typed], [1, 2, 3]);
    await setindex(d, d.view(0, ":"), 1, ":");
    equal(await nested(d), [[1, 2, 3], [1, 2, 3], [7, 8, 9]]);
    await fails(setindex(old, d, range(2)), /3×3 elements do not fit into 2×5/);
    await fails(setindex(5, d), /setindex: expected an array/);
    // On a worker that owns a part of it.
    equal(await remotecallFetch(3, async (d) => (await setindex(zeros(3), d.view(":", 1))).tolist(), d), [2, 2, 8]);
  `);
});

test("life_step of Julia's manual: equal for any number of workers, worker to worker", async () => {
  await drives(`
    const rule = (old) => {
      const [m, n] = old.shape.map((s) => s - 2);
      return np.array(Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => {
        let sum = 0;
        for (const a of [0, 1, 2]) for (const b of [0, 1, 2]) sum += old.get([i + a, j + b]);
        const alive = old.get([i + 1, j + 1]);
        return sum - alive === 3 || (sum - alive === 2 && alive) ? 1 : 0;
      })), "bool");
    };
    const step = (d) => darray(async (I) => {
      const [m, n] = d.dims;
      const [r, c] = I;
      const top = (r.start - 1 + m) % m, bot = r.stop % m, left = (c.start - 1 + n) % n, right = c.stop % n;
      const old = zeros(r.length + 2, c.length + 2, { dtype: "bool" });
      const rows = range(1, r.length + 1), cols = range(1, c.length + 1), last = r.length + 1, end = c.length + 1;
      await Promise.all([
        setindex(old, d.view(top, left), 0, 0), setindex(old, d.view(r, left), rows, 0), setindex(old, d.view(bot, left), last, 0),
        setindex(old, d.view(top, c), 0, cols), setindex(old, d.view(r, c), rows, cols), setindex(old, d.view(bot, c), last, cols),
        setindex(old, d.view(top, right), 0, end), setindex(old, d.view(r, right), rows, end), setindex(old, d.view(bot, right), last, end),
      ]);
      return rule(old);
    }, d.dims, d.pids, d.dist);
    const start = Array.from({ length: 13 }, (_, i) => Array.from({ length: 11 }, (_, j) => (i * 7 + j * 3) % 5 < 2));
    let serial = np.array(start.map((row) => row.map(Number)), "bool");
    const worlds = await Promise.all([[1], [2], [2, 3], [2, 3, 4], [1, 2, 3, 4]].map((procs) => distribute(start, procs)));
    for (let k = 0; k < 5; k++) {
      const around = (k, n) => (k - 1 + n) % n;
      serial = rule(np.array(Array.from({ length: 15 }, (_, i) => Array.from({ length: 13 }, (_, j) => serial.get([around(i, 13), around(j, 11)])))));
      for (const [w, world] of worlds.entries()) {
        worlds[w] = await step(world);
        await world.close();
        equal([worlds[w].dtype, worlds[w].pids], ["bool", world.pids]);
        equal(await nested(worlds[w]), serial.tolist());
      }
    }
  `);
});

test("random views of random arrays on random layouts are what indexing here gives", async () => {
  await drives(`
    const pick = (n) => Math.floor(Math.random() * n);
    const index = (n) => {
      if (pick(3) === 0) return pick(n);
      const [a, b] = [pick(n), pick(n)];
      return a <= b ? range(a, b + 1, 1 + pick(3)) : range(a, b - 1, -1 - pick(3));
    };
    const places = (i) => (typeof i === "number" ? [i] : [...i]);
    const cut = (rows, [i, ...rest]) => {
      if (i === undefined) return rows;
      const parts = places(i).map((k) => cut(rows[k], rest));
      return typeof i === "number" ? parts[0] : parts;
    };
    for (let n = 0; n < 60; n++) {
      const dims = Array.from({ length: 1 + pick(3) }, () => 1 + pick(9));
      let k = 0;
      const build = ([m, ...rest]) => Array.from({ length: m }, () => (rest.length ? build(rest) : k++));
      const local = build(dims);
      const procs = [2, 3, 4, 1].slice(0, 1 + pick(4));
      const d = await distribute(local, procs);
      const indexes = dims.map(index);
      const text = JSON.stringify({ dims, procs, indexes: indexes.map(String) });
      const got = await d.view(...indexes).toArray();
      assert.deepEqual(got.tolist ? got.tolist() : got, cut(local, indexes), text);
      await d.close();
    }
  `);
});
