import { test } from "vitest";
import { drives } from "./drives.ts";

test("runs on all workers, or on the owners of an array, and gives their results in order", async () => {
  await drives(`
    equal(await spmd((x) => [myid(), x], "a"), [[2, "a"], [3, "a"], [4, "a"]]);
    const d = await dones([4], [4, 2]);
    equal(await spmd((k, d) => myid() * k + localpart(d).size, 10, d), [42, 22]);
  `);
});

test("barrier, bcast, scatter, gather", async () => {
  await drives(`
    const out = await spmd(async () => {
      const log = [];
      for (let round = 0; round < 3; round++) {
        if (myid() === 2 + round) await new Promise((r) => setTimeout(r, 30));
        log.push(Date.now());
        await barrier();
        log.push(Date.now());
      }
      const all = await gather({ from: myid() }, 3);
      const word = await bcast(myid() === 4 ? "from 4" : undefined, 4);
      const first = await bcast(myid() * 10);
      const part = await scatter(myid() === 2 ? ["a", "b", "c", "d", "e"] : undefined);
      const typed = await scatter(myid() === 3 ? Float64Array.of(1, 2, 3) : undefined, 3);
      const matrix = await scatter(myid() === 2 ? np.array([[1, 2], [3, 4], [5, 6]]) : undefined);
      return { log, all, word, first, part, typed: [...typed], matrix: matrix.tolist() };
    });
    // Nobody leaves a barrier before the last has come.
    for (const round of [0, 1, 2]) {
      const came = Math.max(...out.map((o) => o.log[2 * round])), left = Math.min(...out.map((o) => o.log[2 * round + 1]));
      assert.ok(left >= came - 1, left + " " + came);
    }
    equal(out.map((o) => o.all), [undefined, [{ from: 2 }, { from: 3 }, { from: 4 }], undefined]);
    equal(out.map((o) => [o.word, o.first]), Array(3).fill(["from 4", 20]));
    equal(out.map((o) => o.part), [["a", "b"], ["c", "d"], ["e"]]);
    equal([out.map((o) => o.typed), out.map((o) => o.matrix)], [[[1], [2], [3]], [[[1, 2]], [[3, 4]], [[5, 6]]]]);
  `);
});

test("two at once do not mix, and nothing hangs when a member fails or meets nobody", async () => {
  await drives(`
    const meet = async (name) => { let all; for (let i = 0; i < 20; i++) all = await bcast(myid() === 2 ? name + i : undefined); return all; };
    equal(await Promise.all([spmd(meet, "a"), spmd(meet, "b")]), [["a19", "a19", "a19"], ["b19", "b19", "b19"]]);
    const error = await fails(spmd(async () => { if (myid() === 3) throw new TypeError("mine"); await barrier(); }), /RemoteError/);
    assert.match(String(error.message), /on worker 3: TypeError: mine/);
    await fails(spmd(async () => { if (myid() !== 4) await barrier(); }), /on worker [23]: UsageError: stopped: worker 4 does not come to this meeting: its function has returned, after 0/);
    remoteDo(4, () => setTimeout(() => process.exit(7), 50));
    await fails(spmd(async () => { if (myid() !== 4) await barrier(); else await new Promise(() => {}); }), /ProcessExitedError: worker 4 exited with status 7/);
    await fails(barrier(), /^UsageError: barrier\\(\\) is for functions that spmd runs/);
    await fails(spmd(() => bcast(1, 99)), /process 99 does not take part in this spmd/);
    await fails(spmd("f"), /first argument is the function/);
  `);
});
