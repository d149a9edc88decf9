// The workers of -p are started before the runtime is loaded, and taken over by LocalManager: no more and no fewer.
import { expect, test } from "vitest";
import { runTjl } from "../support/run-tjl.ts";

const children = `
  const { execFileSync } = await import("node:child_process");
  const lines = execFileSync("ps", ["--ppid", String(process.pid), "-o", "args"]).toString().split("\\n");
  console.log(nworkers(), lines.filter((line) => line.includes("worker.cjs")).length);`;

test.each(["1", "3", "10"])("-p %s starts that many", async (n) => {
  expect(await runTjl(["-p", n, "-e", children])).toMatchObject({ stdout: `${n} ${n}\n`, stderr: "", status: 0 });
});

test("what is wrong with the launch is told, and the early workers end", async () => {
  const { status, stderr } = await runTjl(["-p", "2", "-e", "1"], { env: { TJL_WORKER_TIMEOUT: "soon" } });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'tjl: TJL_WORKER_TIMEOUT is a number of seconds, not "soon"\n',
  });
});
