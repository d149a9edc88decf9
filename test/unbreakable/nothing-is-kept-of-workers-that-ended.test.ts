/** Workers come and go for days: of those that are gone, the master keeps how they ended, and nothing else. */
import { expect, test } from "vitest";
import { driverJson } from "../support/run-driver.ts";

test("their processes, connections and what was sent to them are freed, and a call still says how they ended", async () => {
  const told = await driverJson<{ before: number; after: number; message: string }>(
    `
    import { ChildProcess } from "node:child_process";
    import { Socket } from "node:net";
    import { queryObjects } from "node:v8";
    const count = () => Number(queryObjects(ChildProcess)) + Number(queryObjects(Socket));
    const round = async () => {
      const pids = await addprocs(2);
      await Promise.all(pids.map((pid) => remotecallFetch(pid, () => [1, 2, 3])));
      process.kill(await remotecallFetch(pids[0], () => process.pid), "SIGKILL");
      await remotecallFetch(pids[0], () => new Promise(() => {})).catch(() => {});
      await rmprocs(pids[1]);
      return pids;
    };
    const [killed] = await round();
    const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
    await pause();
    const before = count();
    for (let i = 0; i < 3; i++) await round();
    const message = await remotecallFetch(killed, myid).catch((error) => error.message);
    let after = count();
    for (let i = 0; i < 20 && after > before; i++, after = count()) await pause();
    console.log(JSON.stringify({ before, after, message }));
  `,
    { workers: 0 },
  );
  expect(told.message).toMatch(/^worker \d+ was ended by SIGKILL/);
  expect(told.after).toBeLessThanOrEqual(told.before);
});
