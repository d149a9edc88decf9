/** --help, --version, help topics, completion, usage errors, and being a worker: the real command. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runTjl, startTjl } from "../support/run-tjl.ts";
import { openScratch } from "../support/scratch.ts";

describe("informing", () => {
  test("--version and -v print the version alone", async () => {
    for (const option of ["--version", "-v"]) {
      expect(await runTjl([option])).toMatchObject({
        stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
        stderr: "",
        status: 0,
      });
    }
  });

  test("--help and -h print the help on stdout", async () => {
    for (const words of [["--help"], ["-h"], ["-p", "2", "--help"]]) {
      const result = await runTjl(words);
      expect(result).toMatchObject({ stderr: "", status: 0 });
      expect(result.stdout).toMatch(/^tjl - run TypeScript on many processes\n/);
    }
    expect((await runTjl(["--help"])).stdout).not.toMatch(/\S(run a file|check this|print a|machinefile,)/);
    expect((await runTjl(["help", "machinefile"])).stdout).toContain("[count*][user@]host[:port]");
  });

  test("completion prints a script that the shell understands", async () => {
    const scratch = openScratch();
    try {
      expect((await scratch.sh("tjl completion bash | bash -n && echo ok")).stdout).toBe("ok\n");
      const asked = await scratch.sh(
        "set +e; source <(tjl completion bash); COMP_WORDS=(tjl --man); COMP_CWORD=1; _tjl; echo ${COMPREPLY[@]}",
      );
      expect(asked.stdout).toBe("--manager --manager-opt\n");
    } finally {
      scratch.remove();
    }
  });

  test.each([
    [["-p", "0"], 'tjl: -p, --procs cannot be "0"\n'],
    [["-p", "x"], 'tjl: -p, --procs cannot be "x"\n'],
    [["--proc", "2"], "tjl: unknown option --proc\n  did you mean --procs?\n"],
    [["help", "prmpt"], 'tjl: there is no help on "prmpt"\n  did you mean prompt?\n'],
  ])("%s is status 2, in one or two lines without a stack", async (words, start) => {
    const result = await runTjl(words);
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr.startsWith(start)).toBe(true);
    expect(result.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  });
});

describe("--worker", () => {
  test("announces itself and ends with its standard input", async () => {
    const worker = startTjl(["--worker", "--bind-to", "127.0.0.1"]);
    worker.write("a cookie\n");
    await worker.printed(/^tjl_worker:\d+#127\.0\.0\.1\n/);
    worker.endInput();
    expect(await worker.done).toMatchObject({ status: 0, stderr: "" });
  });

  test("with the cookie in its words, or behind other options", async () => {
    const worker = startTjl(["-q", "--worker=abc", "--bind-to=127.0.0.1:0"]);
    await worker.printed(/^tjl_worker:\d+#127\.0\.0\.1\n/);
    worker.endInput();
    expect((await worker.done).status).toBe(0);
  });

  test("refuses a cookie file that others can read", async () => {
    const scratch = openScratch();
    try {
      const file = join(scratch.folder, "cookie");
      writeFileSync(file, "secret\n");
      chmodSync(file, 0o644);
      const result = await runTjl(["--worker", "--cookie-file", file]);
      expect(result).toMatchObject({ status: 3, stdout: "" });
      expect(result.stderr).toContain("chmod 600");
    } finally {
      scratch.remove();
    }
  });
});
