/** tjl driver.ts: its words, globals, statuses, and how its errors are shown. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runDriver } from "../support/run-driver.ts";
import { runTjl } from "../support/run-tjl.ts";

const alone = { workers: 0 };

describe("a driver", () => {
  test("has its words, the globals and TypeScript, and needs no package.json", async () => {
    const source = `
      import { sep } from "node:path";
      import { myid as me } from "tjulia";
      enum Colour { Red = 2 }
      const total: number = await Promise.resolve(Colour.Red);
      console.log(total, sep, me() === myid(), process.argv.slice(2), typeof import.meta.url);`;
    const result = await runDriver(source, { ...alone, args: ["x", "y z", "-p", "9"] });
    expect(result).toMatchObject({ stdout: "2 / true [ 'x', 'y z', '-p', '9' ] string\n", stderr: "", status: 0 });
  });

  test("with workers and -L: 5 processes, its own arguments", async () => {
    const source =
      "console.log(process.argv.slice(2), nprocs(), procs(), await remotecallFetch(3, () => twice(myid())));";
    const files = { "lib.ts": "export const twice = (x: number): number => 2 * x;" };
    const result = await runDriver(source, { workers: 4, flags: ["-L", "lib.ts"], files, args: ["x", "y z"] });
    expect(result).toMatchObject({ stdout: "[ 'x', 'y z' ] 5 [ 1, 2, 3, 4, 5 ] 6\n", stderr: "", status: 0 });
  });

  test("process.exit gives the status, and the workers end", async () => {
    expect(await runDriver("process.exit(9)")).toMatchObject({ status: 9, stdout: "", stderr: "" });
    expect(await runDriver("process.exitCode = 4;")).toMatchObject({ status: 4, stdout: "", stderr: "" });
  });

  test("may be JavaScript of either kind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "driver-"));
    try {
      writeFileSync(join(folder, "a.cjs"), "console.log(typeof require, myid(), process.argv.slice(2));");
      writeFileSync(join(folder, "b.mjs"), "console.log(typeof require, myid(), await Promise.resolve(3));");
      expect((await runTjl(["a.cjs", "1"], { cwd: folder })).stdout).toBe("function 1 [ '1' ]\n");
      expect((await runTjl(["b.mjs"], { cwd: folder })).stdout).toBe("undefined 1 3\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("what is wrong with a driver", () => {
  test("one that is not there is named, with the file that may be meant", async () => {
    const result = await runTjl(["-p", "2", "exmaple.ts"]);
    expect(result).toMatchObject({ status: 1, stdout: "", stderr: "tjl: the driver: there is no file exmaple.ts\n" });
    const near = await runTjl(["test/cli/running-driver.test.ts"]);
    expect(near.stderr).toContain("did you mean test/cli/running-drivers.test.ts?");
    expect((await runTjl(["src"])).stderr).toBe("tjl: the driver: src is a folder\n");
  });

  test("one that does not parse is shown with file, line, column and the line itself", async () => {
    const result = await runDriver("const a = 1;\nconst b = ;\n", alone);
    expect(result.status).toBe(1);
    expect(result.stdout).toBe("");
    expect(result.stderr).toMatch(
      /^SyntaxError: .*driver\.ts:2:11: Unexpected token\n\n {2}2 \| const b = ;\n {4}\| {11}\^\n$/,
    );
  });

  test("an error shows the user's own frames and the line", async () => {
    const source = `interface Row { n: number }
function score(row: Row | undefined): number {
  return row!.n * 2;
}
setTimeout(() => {}, 100_000);
score(undefined);
`;
    const result = await runDriver(source, alone);
    expect(result.status).toBe(1);
    expect(result.stderr).toBe(`TypeError: Cannot read properties of undefined (reading 'n')
    at score (driver.ts:3:15)
    at driver.ts:6:1

  3 |   return row!.n * 2;
    |               ^
`);
  });

  test("own fields and the members of an AggregateError are shown, what repeats is counted", async () => {
    const source = `class HttpError extends Error { status = 404; }
throw new AggregateError([new HttpError("a"), new Error("b"), new Error("b")], "two kinds");`;
    const { stderr, status } = await runDriver(source, alone);
    expect(status).toBe(1);
    expect(stderr).toContain("AggregateError: two kinds\n    at driver.ts:2:7\n");
    expect(stderr).toContain("  HttpError: a\n");
    expect(stderr).toContain("{ status: 404 }");
    expect(stderr).toContain("  Error: b\n");
    expect(stderr).toContain("  1 more failed in the same way\n");
    expect(stderr.match(/Error: b/g)).toHaveLength(1);
  });

  test("an error on a worker shows the worker, its line, and nothing of the runtime", async () => {
    const source = `function score(n: number): number {
  if (n > 1) throw new RangeError("too far");
  return n;
}
await remotecallFetch(2, () => score(5));
`;
    const { stderr, status } = await runDriver(source);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^RemoteError: on worker 2: RangeError: too far\n {4}at score \(driver\.ts:2:20\)\n/);
    expect(stderr).toContain('  2 |   if (n > 1) throw new RangeError("too far");\n    |                    ^\n');
    expect(stderr).not.toMatch(/dist\/|node:internal/);
  });

  test("through several processes an error is told once, at the user's own line, with its fields and cause", async () => {
    const source = `const hop = async (n: number): Promise<number> => {
  if (n > 0) return remotecallFetch(myid() === 2 ? 1 : 2, hop, n - 1);
  throw Object.assign(new Error("deep", { cause: new RangeError("why") }), { row: 7 });
};
await hop(3);
`;
    const { stderr, status } = await runDriver(source);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^RemoteError: on worker 2, on process 1, on worker 2: Error: deep\n {4}at hop \(driver\.ts:3:23\)\n/,
    );
    expect(stderr.match(/Error: deep/g)).toHaveLength(1);
    expect(stderr).toMatch(/\n {2}\{ row: 7 \}\ncaused by: RangeError: why\n {4}at hop \(driver\.ts:3:50\)\n/);
  });

  test("a rejection that nobody handles ends it", async () => {
    const source = 'void Promise.reject(new Error("lost"));\nsetTimeout(() => {}, 100_000);\n';
    const { stderr, status } = await runDriver(source, alone);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Error: lost\n {4}at driver\.ts:1:21\n/);
  });

  test("a driver that handles such errors itself is let be", async () => {
    const source = `process.on("uncaughtException", (error) => { console.log("mine:", error.message); process.exit(6); });
setTimeout(() => { throw new Error("x"); }, 1);`;
    expect(await runDriver(source, alone)).toMatchObject({ stdout: "mine: x\n", stderr: "", status: 6 });
  });

  test("one whose top level waits for ever says so", async () => {
    const { stderr, status } = await runDriver("await new Promise(() => {});", { workers: 1 });
    expect(status).toBe(13);
    expect(stderr).toContain("driver.ts is not finished");
  });

  test("misuse of the library says what was expected", async () => {
    const { stderr, status } = await runDriver("await remotecallFetch(99, () => 1);", alone);
    expect(status).toBe(1);
    expect(stderr).toMatch(/99/);
    expect(stderr).toContain("driver.ts:1:");
  });

  test("colours only when asked for", async () => {
    const coloured = await runTjl(["--color", "-e", "throw new Error('x')"]);
    expect(coloured.stderr).toContain("\u001b[31mError: x\u001b[39m");
    expect((await runTjl(["--no-color", "-e", "throw new Error('x')"])).stderr).not.toContain("\u001b");
    const asked = await runTjl(["--color", "-E", "({ a: 1 })"]);
    expect(asked.stdout).toContain("\u001b[33m1\u001b[39m");
  });
});

describe("-L files", () => {
  test("are loaded in order on every process before the driver", async () => {
    const files = {
      "one.ts": "export const list: string[] = ['one']; globalThis.order = ['one'];",
      "two.ts":
        "globalThis.order.push('two'); export default 3; export function both(): string { return [...list, myid()].join(); }",
    };
    const source = "console.log(globalThis.order, both(), await remotecallFetch(2, () => [globalThis.order, both()]));";
    const result = await runDriver(source, { flags: ["-L", "one.ts", "-L", "two.ts"], files, workers: 1 });
    expect(result.stderr).toBe("");
    expect(result.stdout).toBe("[ 'one', 'two' ] one,1 [ [ 'one', 'two' ], 'one,2' ]\n");
  });

  test("one that is missing or throws ends the run, with the processes", async () => {
    expect(await runTjl(["-p", "2", "-L", "nolib.ts", "-e", "0"])).toMatchObject({
      status: 1,
      stderr: "tjl: -L: there is no file nolib.ts\n",
    });
    const files = { "bad.ts": "if (myid() === 3) throw new Error('not on three');" };
    const one = await runDriver("console.log('ran')", { flags: ["-L", "bad.ts"], files });
    expect(one).toMatchObject({ status: 1, stdout: "" });
    expect(one.stderr).toContain("AggregateError: bad.ts could not be loaded on 1 of 3 processes\n");
    expect(one.stderr).toContain("  RemoteError: on worker 3: Error: not on three\n      at bad.ts:1:");
  });
});
