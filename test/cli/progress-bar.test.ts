/** The bar of a long pmap: what it says, and that it keeps clear of what the program and its workers print. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { progressLines } from "../../src/cli/progress-bar.ts";
import { Terminal } from "./repl/terminal.ts";

const progress = {
  done: 420,
  total: 1000,
  failed: 0,
  elapsed: 5,
  rate: 83.4,
  remaining: 6.2,
  failures: [],
};

describe("the line", () => {
  test("has share, count, rate and remaining time", () => {
    expect(progressLines(progress, false)).toEqual(["pmap  ██████████▏·············   42 %  420/1000  83/s  7 s left"]);
  });

  test("without a total has what there is", () => {
    const open = { ...progress, total: undefined, remaining: undefined, rate: 0.5 };
    expect(progressLines(open, false)).toEqual(["pmap  420 done  0.50/s  5 s"]);
  });

  test("tells long times in minutes and hours", () => {
    expect(progressLines({ ...progress, remaining: 125 }, false)[0]).toContain("2 min 5 s left");
    expect(progressLines({ ...progress, remaining: 7500 }, false)[0]).toContain("2 h 5 min left");
  });

  test("is followed by the workers that failed", () => {
    const failures = [{ pid: 3, count: 2, last: "element 7: Error: no" }];
    expect(progressLines({ ...progress, failures }, false)[1]).toBe(
      "  worker 3: 2 failed, the last: element 7: Error: no",
    );
  });
});

describe("on a terminal", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tjl-bar-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("it appears after two seconds, below all output, and is gone at the end", async () => {
    const driver = join(folder, "driver.ts");
    writeFileSync(
      driver,
      `import { pmap, range } from "tjulia";
      const work = async (n: number) => {
        if (n % 10 === 0) console.log("element", n);
        if (n === 25) throw new Error("no luck");
        await new Promise((resolve) => setTimeout(resolve, 60));
        return n;
      };
      setTimeout(() => console.log("from the driver"), 2500);
      const results = await pmap(work, range(100), { batchSize: 1, onError: () => -1 });
      console.log("done", results.length);`,
    );
    const terminal = new Terminal({ args: ["-p", "2", driver], columns: 100 });
    try {
      await terminal.see(/pmap {2}[█▏▎▍▌▋▊▉·]{24} +\d+ % {2}\d+\/100 {2}[\d.]+\/s {2}\d+ s left/, 15_000);
      await terminal.see(/worker \d: 1 failed, element 25: Error: no luck/, 15_000);
      await terminal.see(/done 100/, 20_000);
      expect(terminal.text).not.toContain("s left");
      const lines = terminal.lines();
      expect(lines.filter((line) => line === "from the driver").length).toBe(1);
      expect(lines.filter((line) => /^From worker \d:\s+element \d+$/.test(line)).length).toBe(10);
    } finally {
      await terminal.close();
    }
  }, 60_000);
});
