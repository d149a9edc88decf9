/**
 * Hosts that go while workers run there: cut off and back, cut off for good, without power; masters that are killed; workers that are
 * busy and must be stopped all the same.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Host, type Hosts, startHosts } from "../support/hosts.ts";
import { describeWith, namespaceTrial } from "../support/needs.ts";
import { root, startTjl } from "../support/run-tjl.ts";
import { waitFor } from "../support/wait-for.ts";
import { type Library, library } from "../support/with-cluster.ts";

const programs = ["sshd", "ssh", "ssh-keygen", "ip", "nft", "unshare", "nsenter", "setpriv", "bash"];
const byValue = <F>(f: F): F => runInThisContext(`(${f})`);
const spin = byValue(() => {
  for (;;);
});
/** No signal reaches a loop that began in a timer; the worker's control thread does. */
const spinLater = byValue(async () => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (;;);
});

describeWith("hosts that are lost", { programs, root: true, trial: namespaceTrial }, () => {
  let net: Hosts;
  let tjl: Library;
  let h1: Host;
  let h2: Host;
  let h3: Host;

  beforeAll(async () => {
    // The shortest time that can be asked for.
    process.env.TJL_LOST_AFTER = "11";
    [net, tjl] = await Promise.all([startHosts({ hidden: [root] }), library()]);
    [h1, h2, h3] = net.hosts as [Host, Host, Host];
    process.env.TJL_SSH_CONFIG = net.configFile;
  });
  afterEach(async () => {
    await tjl.rmprocs(...tjl.procs().filter((pid) => pid !== 1));
  });
  afterAll(async () => {
    delete process.env.TJL_SSH_CONFIG;
    delete process.env.TJL_LOST_AFTER;
    await net?.stop();
  });

  const oursOn = (host: Host) =>
    host
      .run("ps", "-eo", "args")
      .split("\n")
      .filter((line) => /runAgent|worker\.cjs/.test(line));
  const isBusy = (host: Host) => /^R.*worker\.cjs/m.test(host.run("ps", "-eo", "stat,args"));
  /** Hundredths of a second that the process has computed. */
  const cpuTicks = (host: Host, ospid: number) =>
    Number(
      host
        .run("cat", `/proc/${ospid}/stat`)
        .replace(/^.*\) /, "")
        .split(" ")[11],
    );
  const caught = (call: Promise<unknown>) => call.then(() => expect.fail("it answered")).catch((error) => error);

  test("a busy worker is stopped and keeps its state, is killed, and ends with its agent", async () => {
    const [pid] = (await tjl.addprocs(["h1"])) as [number];
    await tjl.everywhere(
      byValue(() => {
        (globalThis as { kept?: number }).kept = 7;
      }),
      { procs: [pid] },
    );
    const busy = caught(tjl.remotecallFetch(pid, spin));
    await waitFor("a busy worker", () => isBusy(h1));
    await tjl.interrupt(pid);
    expect(await busy).toMatchObject({ code: "TJL_INTERRUPTED", pid });
    const ospid = await tjl.remotecallFetch(
      pid,
      byValue(() => process.pid),
    );
    const before = cpuTicks(h1, ospid);
    const giveUp = new AbortController();
    const late = caught(tjl.withSignal(giveUp.signal, () => tjl.remotecallFetch(pid, spinLater)));
    // More than it takes to get there: a call that is stopped while it waits would spin all the same.
    await waitFor("a worker that is busy again", () => cpuTicks(h1, ospid) > before + 10);
    giveUp.abort();
    expect(await late).toMatchObject({ code: "TJL_INTERRUPTED", pid });
    expect(
      await tjl.remotecallFetch(
        pid,
        byValue(() => (globalThis as { kept?: number }).kept),
      ),
    ).toBe(7);

    const killed = caught(
      tjl.remotecallFetch(
        pid,
        byValue(() => process.kill(process.pid, "SIGKILL")),
      ),
    );
    expect(await killed).toMatchObject({ code: "TJL_WORKER_EXITED", signal: "SIGKILL", host: "h1" });
    await waitFor("nothing left on h1", () => oursOn(h1).length === 0);
  });

  test("the end of an agent is the end of its workers, busy or not", async () => {
    const pids = (await tjl.addprocs(["2*h1"])) as [number, number];
    const ends = [
      caught(tjl.remotecallFetch(pids[0], spin)),
      caught(
        tjl.remotecallFetch(
          pids[1],
          byValue(() => new Promise(() => {})),
        ),
      ),
    ];
    await waitFor("a busy worker", () => isBusy(h1));
    h1.run("pkill", "-KILL", "-f", "runAgent");
    for (const error of await Promise.all(ends)) expect(error).toMatchObject({ code: "TJL_WORKER_EXITED", host: "h1" });
    await waitFor("nothing left on h1", () => oursOn(h1).length === 0);
  });

  test("a master that is killed leaves nothing, not even busy workers", async () => {
    const program = `
      import { addprocs, remotecall, remotecallFetch } from ${JSON.stringify(`${root}/dist/index.js`)};
      const pids = await addprocs(["h1", "2*h2"]);
      const spin = new Function("for (;;);");
      for (const pid of pids) remotecall(pid, spin);
      console.log("up");
      setInterval(() => {}, 1000);`;
    const master = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    master.stdout.on("data", (text) => (said += text));
    await waitFor("the workers", () => said.includes("up"), { timeoutMs: 20_000 });
    await waitFor("busy workers", () => isBusy(h2));
    master.kill("SIGKILL");
    await waitFor("nothing left", () => [h1, h2].every((host) => oursOn(host).length === 0), { timeoutMs: 5000 });
  });

  test("Ctrl-C of a driver leaves nothing of its busy workers", async () => {
    writeFileSync(join(net.dir, "machines"), "2*h1\n");
    const busy = `await Promise.all(workers().map((p) => remotecallWait(p, () => { console.log("busy"); for (;;); })))`;
    const driver = startTjl(["--machinefile", join(net.dir, "machines"), "-e", busy], {
      env: { TJL_SSH_CONFIG: net.configFile },
    });
    await driver.printed(/(From worker \d:\tbusy\n.*){2}/s);
    driver.kill("SIGINT");
    const { status, signal } = await driver.done;
    expect(status ?? signal).toBeOneOf([130, "SIGINT"]); // both are 130 for a shell
    await waitFor("nothing left on h1", () => oursOn(h1).length === 0);
  });

  test("cut off for a while: calls go on when it is back", async () => {
    const [pid] = (await tjl.addprocs(["h1"])) as [number];
    h1.isolate();
    const call = tjl.remotecallFetch(pid, hostname);
    await expect(Promise.race([call, new Promise((resolve) => setTimeout(resolve, 2000, "silence"))])).resolves.toBe(
      "silence",
    );
    h1.heal();
    expect(await call).toBe("h1");
  });

  test("cut off or without power: known within the time, the others go on, and what was cut off ends by itself", async () => {
    const [a, b, c] = (await tjl
      .addprocs(["h1"])
      .then(async (x) => [
        ...x,
        ...(await tjl.addprocs(["h2"])),
        ...(await tjl.addprocs(["h3"], { tunnel: true })),
      ])) as [number, number, number];
    const started = performance.now();
    const ends = [b, c].map((pid) =>
      caught(
        tjl.remotecallFetch(
          pid,
          byValue(() => new Promise(() => {})),
        ),
      ),
    );
    await Promise.all([b, c].map((pid) => tjl.remotecallFetch(pid, Math.abs, 1)));
    h3.isolate();
    await h2.crash();
    const [crashed, isolated] = await Promise.all(ends);
    const seconds = (performance.now() - started) / 1000;
    expect(crashed).toMatchObject({
      code: "TJL_WORKER_EXITED",
      pid: b,
      host: "h2",
      message: expect.stringMatching(/no sign of life/),
    });
    expect(isolated).toMatchObject({
      code: "TJL_WORKER_EXITED",
      pid: c,
      host: "h3",
      message: expect.stringMatching(/no sign of life/),
    });
    expect(seconds).toBeLessThan(25);
    expect(await tjl.remotecallFetch(a, hostname)).toBe("h1");
    await waitFor("the host that was cut off has ended its workers", () => oursOn(h3).length === 0, {
      timeoutMs: 20_000,
    });
    expect((performance.now() - started) / 1000).toBeLessThan(35);
  }, 60_000);
});
