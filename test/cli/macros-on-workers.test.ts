/** Every macro in -e and -E programs on real workers. */
import { describe, expect, test } from "vitest";
import { runTjl } from "../support/run-tjl.ts";

/** One run for all: each line of the program prints one line. */
async function lines(program: string, workers = 2): Promise<string[]> {
  const result = await runTjl(["-p", String(workers), "-e", program]);
  expect(result.stderr).toBe("");
  expect(result.status).toBe(0);
  return result.stdout.trimEnd().split("\n");
}

describe("macros", () => {
  test("run where they say, with the variables they name", async () => {
    const out = await lines(`
      const base = 40;
      let step = 2;
      function add(a: number, b: number): number { return a + b }
      const r = @spawnat 2 add(base, step);
      step = 100;
      console.log(String(r).replace(/\\d+\\)$/, "n)"), await fetch(r));
      console.log(await @fetchfrom 3 [myid(), add(base, 1)]);
      console.log(await Promise.all([@fetch myid(), @fetch myid()]));
      const p = 1 + 2;
      console.log(await fetch(@spawnat p myid()), await remotecall_fetch(2, () => myid()));
      console.log(await fetch(@spawnat 2 { const x = base; if (x > 3) { x + 2 } else { 0 } }));
      const chain = @spawnat 2 add(1, await fetch(@spawnat 3 myid()));
      console.log(await fetch(chain), await remotecall_fetch(2, getindex, @spawnat 2 [7, 8], 1));
    `);
    expect(out).toEqual(["RemoteRef(2,1,n) 42", "[ 3, 41 ]", "[ 2, 3 ]", "3 2", "42", "4 8"]);
  });

  test("@everywhere makes names on every process", async () => {
    const out = await lines(`
      const offset = 10;
      @everywhere id = myid()
      @everywhere const shifted: number = myid() + offset, { a, b: [c] } = { a: 1, b: [2] };
      @everywhere function twice(n: number): number { return 2 * n + helper() }
      @everywhere const helper = () => id
      @everywhere class Point { constructor(readonly x: number) {} norm() { return twice(this.x) } }
      @everywhere import { basename as base } from "node:path"
      @everywhere enum Colour { Red = 5 }
      @everywhere [2] only = true
      @everywhere { let sum = 0; for (let i = 0; i < 3; i++) sum += i; total = sum + myid() }
      console.log(id, await remotecall_fetch(2, () => id), await @fetchfrom 3 id);
      console.log(shifted, await @fetchfrom 2 [shifted, a, c], await @fetchfrom 3 shifted);
      console.log(twice(1), await @fetchfrom 2 twice(1), await @fetchfrom 3 new Point(4).norm());
      console.log(base("/x/y"), await @fetchfrom 2 base("/x/z"), await @fetchfrom 3 Colour.Red);
      console.log(typeof only, await @fetchfrom 2 typeof only, await @fetchfrom 3 typeof only);
      console.log(total, await @fetchfrom 2 total, await @fetchfrom 3 total);
      @everywhere function helper2() { return 1 }
      @everywhere helper = () => 100
      console.log(twice(0), await @fetchfrom 2 twice(0));
    `);
    expect(out).toEqual([
      "1 2 3",
      "11 [ 12, 1, 2 ] 13",
      "3 4 11",
      "y z 5",
      "undefined boolean undefined",
      "4 5 6",
      "100 100",
    ]);
  });

  test("@parallel, @sync, @async and @time", async () => {
    const out = await lines(`
      const xs = [3, 1, 2];
      console.log(await @parallel (+) for (let i = 0; i < 1000; i++) { const sq = i * i; sq % 7 });
      console.log(JSON.stringify(await @parallel (vcat) for (const x of range(5)) [[x, xs[x % 3]]]));
      console.log(await @parallel (max) for (let i = 10; i >= -10; i -= 5) -i * i + 3);
      console.log(await @parallel ((a: number, b: number) => a * b) for (let i = 1; i <= 5; i++) i);
      const done = [];
      @sync { @async done.push(await @fetchfrom 2 "b"); @async done.push("a"); }
      console.log(done.join());
      const refs = @sync @parallel for (const i of range(4)) { if (i === 1) continue; i }
      console.log((await refs).length);
    `);
    expect(out).toEqual(["2001", "[[0,3],[1,1],[2,2],[3,3],[4,1]]", "3", "120", "a,b", "2"]);
  });

  test("@time tells how long it took on stderr and gives the value", async () => {
    const result = await runTjl(["-E", "const x = await @time new Promise((r) => setTimeout(r, 30, 7)); x"]);
    expect(result.stdout).toBe("7\n");
    expect(Number(/^(\d\.\d+) seconds\n$/.exec(result.stderr)?.[1])).toBeGreaterThan(0.025);
  });

  test("an error in a macro points at the user's line and column", async () => {
    const result = await runTjl(["-p", "2", "-e", "const f = () => 1;\nawait fetch(@spawnat 2 null.x)"]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(
      "RemoteError: on worker 2: TypeError: Cannot read properties of null (reading 'x')",
    );
    expect(result.stderr).toContain("at [eval]:2:29");
    expect(result.stderr).toContain("  2 | await fetch(@spawnat 2 null.x)\n    |                             ^\n");
  });

  test("an @everywhere that fails tells it once for all that failed alike", async () => {
    const result = await runTjl(["-p", "3", "-e", "@everywhere { if (myid() > 1) throw new Error('not here') }"]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("failed on 3 of 4 processes: 2, 3, 4");
    expect(result.stderr).toContain("RemoteError: on worker 2: Error: not here");
    expect(result.stderr).toContain("2 more failed in the same way");
  });

  test("variables of the program travel, also those never declared", async () => {
    const out = await lines(`
      r = remotecall(2, (n: number) => n + 1, 4);
      k = 3; obj = { deep: [1] };
      const f = (x: number) => x * k + obj.deep[0];
      console.log(await fetch(r), await remotecallFetch(2, f, 2), await pmap(f, [1, 2]));
    `);
    expect(out).toEqual(["5 7 [ 4, 7 ]"]);
  });
});
