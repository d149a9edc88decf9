/** Runs a driver that prints one line of JSON for each case (test/fixtures/closures/cases.ts), and makes a test of each. */
import { expect, it } from "vitest";
import { type RunOptions, root, runTjl } from "../../support/run-tjl.ts";

interface Case {
  name: string;
  problem?: string;
}

/** Declares a test for each case of the driver; the driver runs at once. */
export async function testCases(driver: string, args: readonly string[], options: RunOptions = {}): Promise<void> {
  const { stdout, stderr, status } = await runTjl([...args, `${root}/test/fixtures/closures/${driver}`], {
    timeoutMs: 60_000,
    ...options,
  });
  const cases = stdout
    .split("\n")
    .filter((line) => line.startsWith('{"name"'))
    .map((line) => JSON.parse(line) as Case);
  it(`${driver} runs to its end`, () => {
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(cases.length).toBeGreaterThan(0);
  });
  for (const { name, problem } of cases) it(name, () => expect(problem).toBeUndefined());
}
