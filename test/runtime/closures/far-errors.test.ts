// Errors that were thrown processes away, and in code that was generated, show the line that was written.
import { join } from "node:path";
import { expect, test } from "vitest";
import { runDriver } from "../../support/run-driver.ts";

const driver = `
interface Row { n: number }
const deep = (row: Row) => {
  const inner = (n: number): number => { if (n === 0) throw new TypeError("far"); return n; };
  return inner(row.n);
};
const made = new Function("a", "const b = a;\\nthrow new RangeError('made of ' + b)") as (a: number) => void;
const row = { n: 0 };
for (const f of [() => fetchfrom(3, () => fetchfrom(4, () => deep(row))), () => made(3)]) {
  try { await remotecallFetch(2, f); } catch (error) { console.log((error as Error).stack); }
}
`;

test("through three processes, and from new Function", async () => {
  const { stdout, stderr, folder } = await runDriver(driver, { workers: 3 });
  const at = (place: string) => `${join(folder, "driver.ts")}:${place}`;
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toEqual([
    "RemoteError: on worker 2, on worker 3, on worker 4: TypeError: far",
    `    at inner (${at("4:61")})`,
    `    at deep (${at("5:10")})`,
    `    at ${at("9:62")}`,
    "RemoteError: on worker 2: RangeError: made of 3",
    "    at anonymous (tjl:function:4:7)",
    `    at ${at("9:81")}`,
    "",
  ]);
});

test("TJL_FULL_STACKS=1 shows the frames of the runtime too", async () => {
  const { stdout, folder } = await runDriver(driver, { workers: 3, env: { TJL_FULL_STACKS: "1" } });
  expect(stdout).toContain(`    at deep (${join(folder, "driver.ts")}:5:10)\n`);
  expect(stdout).toMatch(/ at .*\/dist\/.*runtime\.cjs:\d+:\d+/);
});
