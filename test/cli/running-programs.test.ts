/** -e, -E and standard input: what runs, what is printed, and how what is wrong is shown. */
import { describe, expect, test } from "vitest";
import { root, runTjl } from "../support/run-tjl.ts";

const run = (args: string[], options = {}) => runTjl(args, options);

describe("-e and -E", () => {
  test.each<[string, string[], string]>([
    ["nothing is printed by -e", ["-e", "1 + 1"], ""],
    ["the value is printed by -E as console.log does", ["-E", "[1 + 1, 'x']"], "[ 2, 'x' ]\n"],
    ["a string is printed without quotes", ["-E", "'a b'"], "a b\n"],
    ["an object is an object", ["-E", "{ a: 1, b: [2] }"], "{ a: 1, b: [ 2 ] }\n"],
    [
      "the value is that of the last expression",
      ["-E", "const n: number = 20; if (n > 3) { n * 2 + 2 } else 0"],
      "42\n",
    ],
    ["a declaration has no value", ["-E", "const x = 5"], "undefined\n"],
    ["a promise is waited for", ["-E", "Promise.resolve(7)"], "7\n"],
    ["await stands at top level", ["-E", "const x = await Promise.resolve(6); x * 7"], "42\n"],
    ["TypeScript is understood", ["-E", "enum C { A = 4 } type N = number; (C.A satisfies N) as N"], "4\n"],
    ["generic calls are calls", ["-E", "const id = <T,>(x: T) => x; id<number>(3)"], "3\n"],
    ["imports work", ["-E", "import { basename } from 'node:path'; basename('/a/b.c')"], "b.c\n"],
    [
      "files are imported from the working directory",
      ["-E", "import p from './package.json'; typeof p.version"],
      "string\n",
    ],
    ["the library can be imported", ["-E", "import { myid as me } from 'tjulia'; me()"], "1\n"],
    [
      "the library's names are globals",
      ["-E", "[myid(), nprocs(), typeof pmap, workers()]"],
      "[ 1, 1, 'function', [ 1 ] ]\n",
    ],
    ["names assigned without a declaration are variables", ["-E", "n = 2; m = n + 1; [n, m]"], "[ 2, 3 ]\n"],
    ["words after the code are its arguments", ["-E", "process.argv.slice(2)", "a", "-b"], "[ 'a', '-b' ]\n"],
    ["several are one program", ["-e", "const a = 4", "-E", "a + 1"], "5\n"],
    ["the status can be set", ["-E", "process.exitCode = 0"], "0\n"],
  ])("%s", async (_, args, stdout) => {
    expect(await run(args)).toMatchObject({ stdout, stderr: "", status: 0 });
  });

  test("process.exit gives the status", async () => {
    expect(await run(["-e", "process.exit(7)"])).toMatchObject({ status: 7, stdout: "", stderr: "" });
    expect(await run(["-e", "process.exitCode = 5; console.log(1)"])).toMatchObject({ status: 5, stdout: "1\n" });
  });

  test("timers and servers keep a program alive", async () => {
    const code = "setTimeout(() => console.log('late'), 50)";
    expect(await run(["-e", code])).toMatchObject({ status: 0, stdout: "late\n" });
  });

  test("the web's fetch still works", async () => {
    expect((await run(["-E", "await (await fetch('data:text/plain,hi')).text()"])).stdout).toBe("hi\n");
    expect((await run(["-E", "[fetch(5), await fetch(remotecall(1, () => 6))]"])).stdout).toBe("[ 5, 6 ]\n");
  });
});

describe("what is wrong is shown with its line", () => {
  test.each<[string, string, string]>([
    [
      "a thrown error",
      'const x = 1;\nthrow new TypeError("no x")',
      `TypeError: no x
    at [eval]:2:7

  2 | throw new TypeError("no x")
    |       ^
`,
    ],
    [
      "text that does not parse",
      "const x = ;",
      `SyntaxError: [eval]:1:11: Unexpected token

  1 | const x = ;
    |           ^
`,
    ],
    [
      "a wrong macro",
      "let a = 1\nconst r = @spawnat 2",
      `SyntaxError: [eval]:2:21: expected an expression after the process, as in: @spawnat 2 f(x), but the text ends here

  2 | const r = @spawnat 2
    |                     ^
`,
    ],
    [
      "an error behind a macro on the same line",
      "@async 1; null.x",
      `TypeError: Cannot read properties of null (reading 'x')
    at [eval]:1:16

  1 | @async 1; null.x
    |                ^
`,
    ],
    ["a value that is no error", "throw { a: 1 }", "Uncaught { a: 1 }\n"],
    [
      "a rejection nobody waits for",
      "Promise.reject(new RangeError('far')); await new Promise((r) => setTimeout(r, 1000))",
      `RangeError: far
    at [eval]:1:16

  1 | Promise.reject(new RangeError('far')); await new Promise((r) => setTimeout(r, 1000))
    |                ^
`,
    ],
    [
      "a cause",
      "try { f() } catch (cause) { throw new Error('outer', { cause }) }",
      `Error: outer
    at [eval]:1:35

  1 | try { f() } catch (cause) { throw new Error('outer', { cause }) }
    |                                   ^

caused by: ReferenceError: f is not defined
    at [eval]:1:7

  1 | try { f() } catch (cause) { throw new Error('outer', { cause }) }
    |       ^
`,
    ],
  ])("%s", async (_, code, stderr) => {
    expect(await run(["-e", code])).toMatchObject({ status: 1, stdout: "", stderr });
  });

  test("a program that waits for nothing says so, with Node's status for it", async () => {
    const result = await run(["-e", "await new Promise(() => {})"]);
    expect(result.status).toBe(13);
    expect(result.stderr).toContain("[eval] is not finished");
  });
});

describe("standard input", () => {
  test("is run as a program when there is neither driver nor -e", async () => {
    const result = await run([], { input: "const a: number = 6\nconsole.log(a * 7, process.argv.slice(2))\n" });
    expect(result).toMatchObject({ stdout: "42 []\n", stderr: "", status: 0 });
  });

  test("and where - stands for the driver, with words after it", async () => {
    const result = await run(["-", "x", "-y"], { input: "console.log(process.argv.slice(2))" });
    expect(result).toMatchObject({ stdout: "[ 'x', '-y' ]\n", status: 0 });
  });

  test("may have macros, and its errors say where they are", async () => {
    const result = await run([], { input: "const r = await @fetch 3\nconsole.log(r)\nthrow new Error(`at ${r}`)\n" });
    expect(result.stdout).toBe("3\n");
    expect(result.stderr).toContain("at [stdin]:3:7\n");
    expect(result.stderr).toContain("  3 | throw new Error(`at ${r}`)\n    |       ^");
    expect(result.status).toBe(1);
  });

  test("may be empty", async () => {
    expect(await run([], { input: "" })).toMatchObject({ stdout: "", stderr: "", status: 0 });
  });
});

describe("a fast start", () => {
  test("-e without workers loads neither the library nor commander", async () => {
    const result = await run(
      [
        "-e",
        "0; console.log(Object.keys(process.getBuiltinModule('node:module')._cache).map((f) => f.split('/').at(-1)).join())",
      ],
      { cwd: root },
    );
    expect(result.stderr).toBe("");
    expect(result.stdout).not.toContain(",runtime.cjs");
    expect(result.stdout.split(",").length).toBeLessThan(9);
  });
});
