/** kill -9 of a worker in the middle of examples/pmap: the run ends with one error that names it, and leaves nothing behind. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root, startTjl } from "../support/run-tjl.ts";
import { waitFor } from "../support/wait-for.ts";

test("the driver ends with the worker's name, the element and how it ended", async () => {
  const running = startTjl(["-p", "2", `${root}/examples/pmap/driver.ts`, "30000000"]);
  const worker = await waitFor("a worker at work", () =>
    running.others().find((pid) => {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const ticks = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return command.includes("--worker") && Number(ticks[11]) > 50;
    }),
  );
  process.kill(worker, "SIGKILL");
  const { status, stderr } = await running.done;
  expect(status).toBe(1);
  expect(stderr).toMatch(/worker [23] was ended by SIGKILL.*\(element \d+ was there\)/);
});

test("with retryDelays the other worker does the rest", async () => {
  const driver = `
    import { pmap, range, remotecallFetch, workers } from "tjulia";
    const osPid = await remotecallFetch(workers()[1], () => process.pid);
    setTimeout(() => process.kill(osPid, "SIGKILL"), 150);
    const slow = (x) => { const end = performance.now() + 5; while (performance.now() < end); return x; };
    const results = await pmap(slow, range(200), { retryDelays: [0.01, 0.01] });
    console.log(results.every((x, i) => x === i), workers().length);`;
  const running = startTjl(["-p", "2", "-e", driver]);
  running.endInput();
  const { status, stdout } = await running.done;
  expect({ status, stdout }).toEqual({ status: 0, stdout: "true 1\n" });
});
