/** SlurmManager against a real Slurm: in an allocation and with a job of its own; output, ends, interrupts, queues and refusals. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isHopeless, jobScript, labelled, queueState, slurmFlags, taskEnds } from "../../src/managers/slurm-job.ts";
import { describeWith } from "../support/needs.ts";
import { runTjl, startTjl, tjlPath } from "../support/run-tjl.ts";
import { type Slurm, slurmPrograms, slurmTrial, startSlurm } from "../support/slurm.ts";
import { waitFor } from "../support/wait-for.ts";

describe("what Slurm is told", () => {
  test("options are its own flags", () => {
    expect(
      slurmFlags({
        partition: "short",
        gres: "gpu:1",
        n: 2,
        exclusive: "",
        cpusPerTask: 4,
        mem_per_cpu: "1G",
        count: 9,
      }),
    ).toEqual(["--partition=short", "--gres=gpu:1", "-n", "2", "--exclusive", "--cpus-per-task=4", "--mem-per-cpu=1G"]);
    expect(slurmFlags({ flags: "--a=1  -b 2", time: undefined })).toEqual(["--a=1", "-b", "2"]);
    expect(() => slurmFlags({ "a b": 1 })).toThrow(/no option "a b"/);
    expect(() => slurmFlags({ comment: "a\n#SBATCH --uid=0" })).toThrow(/more than one line/);
  });

  test("the script has one directive a line and the secret on standard input only", () => {
    const script = jobScript({
      tasks: 3,
      flags: ["--partition=short", "-n", "3"],
      output: "/o",
      dir: "/d",
      command: ["/a b/node", "-e", "f('x')", "1.2.3.4:5"],
      secret: "s3cret",
    });
    expect(script).toBe(`#!/bin/sh
#SBATCH --job-name=tjl
#SBATCH --ntasks=3
#SBATCH --output=/o
#SBATCH --chdir=/d
#SBATCH --no-requeue
#SBATCH --partition=short
#SBATCH -n 3
# Calls the process that asked for this job, which then starts the workers by srun. Ends with it.
exec '/a b/node' -e 'f('\\''x'\\'')' 1.2.3.4:5 <<'end'
s3cret
end
`);
  });

  test("what it says is read", () => {
    expect(labelled(" 3: hello: you")).toEqual({ task: 3, text: "hello: you" });
    expect(labelled("10:")).toEqual({ task: 10, text: "" });
    expect(labelled("srun: job 4 queued")).toBeUndefined();
    expect(taskEnds("srun: error: n1: tasks 0-1,3: Exited with exit code 7")).toEqual({
      tasks: [0, 1, 3],
      exitCode: 7,
    });
    expect(taskEnds("srun: error: n1: task 2: Killed")).toEqual({ tasks: [2], signal: "SIGKILL" });
    expect(taskEnds("srun: error: n1: task 2: Segmentation fault (core dumped)")).toEqual({
      tasks: [2],
      signal: "SIGSEGV",
    });
    expect(taskEnds("srun: Force Terminated job 4")).toBeUndefined();
    expect(queueState("12", "PENDING|Resources|\n")).toEqual({
      state: "PENDING",
      reason: "Resources",
      text: "Slurm job 12 is pending (Resources)",
    });
    for (const reason of ["PartitionConfig", "InvalidAccount", "QOSNotAllowed"]) expect(isHopeless(reason)).toBe(true);
    for (const reason of ["Resources", "Priority", "QOSMaxCpuPerUserLimit", "None"])
      expect(isHopeless(reason)).toBe(false);
    expect(queueState("12", "RUNNING|None|n[1-2]")).toMatchObject({ text: "Slurm job 12 is running on n[1-2]" });
  });
});

describeWith("workers through Slurm", { programs: slurmPrograms, root: true, trial: slurmTrial }, () => {
  let slurm: Slurm;
  beforeAll(async () => {
    slurm = await startSlurm();
  });
  afterAll(async () => {
    await slurm?.stop();
    rmSync(cache, { recursive: true, force: true });
  });

  const whoAndWhere = `console.log((await Promise.all(workers().map((p) => remotecallFetch(p, () =>
    [process.env.SLURM_PROCID, process.env.SLURMD_NODENAME, myid() === p].join(" "))))).sort().join())`;
  const cache = mkdtempSync("/tmp/tjl-cache-");
  const env = (more: Record<string, string> = {}) => ({ ...slurm.env, XDG_CACHE_HOME: cache, ...more });
  const options = (more: object = {}) => ({ env: env(), timeoutMs: 60_000, ...more });
  const nothingKept = () => waitFor("nothing left on disk", () => readdirSync(join(cache, "tjulia/jobs")).length === 0);
  const noJobs = () => waitFor("no jobs left", () => slurm.jobs().length === 0);
  const tjl = (...words: string[]) => runTjl(["--manager", "slurm", ...words], options());

  test("submits a job, uses all nodes asked for, and the job ends with the run", async () => {
    const { stdout, stderr, status } = await tjl("-p", "4", "--manager-opt", "nodes=2", "-e", whoAndWhere);
    expect(stdout, stderr).toMatch(/^0 n1 true,1 n\d true,2 n\d true,3 n2 true\n$/);
    expect(stderr).toMatch(/tjl: Slurm job \d+ has started/);
    expect(status).toBe(0);
    await noJobs();
    await nothingKept();
  });

  test("uses all tasks of an allocation, or those asked for", async () => {
    const run = (...words: string[]) =>
      execFileSync(
        "salloc",
        ["-Q", "-n", "3", process.execPath, tjlPath, "--manager", "slurm", ...words, "-e", whoAndWhere],
        {
          encoding: "utf8",
          env: { ...process.env, ...env() },
        },
      );
    expect(run()).toMatch(/^0 n\d true,1 n\d true,2 n\d true\n$/);
    expect(run("-p", "2")).toMatch(/^0 n\d true,1 n\d true\n$/);
    await noJobs();
  });

  test("output comes by worker, whole, on its own stream", async () => {
    const code = `await Promise.all(workers().map((p) => remotecallFetch(p, () => {
      console.log("out of " + process.env.SLURM_PROCID); console.error("err of " + process.env.SLURM_PROCID);
    })));`;
    const { stdout, stderr } = await tjl("-p", "2", "-e", code);
    expect(stdout.split("\n").sort().join("\n").trim()).toMatch(
      /^From worker 2:\tout of [01]\nFrom worker 3:\tout of [01]$/,
    );
    expect(stderr).toMatch(/From worker 2:\terr of [01]/);
    expect(stderr).toMatch(/From worker 3:\terr of [01]/);
  });

  test("a worker that ends is told with its reason, the others go on; what is busy is interrupted and keeps its state", async () => {
    const code = `
      const [a, b, c] = workers();
      const died = await remotecallFetch(a, () => process.kill(process.pid, "SIGKILL")).catch((e) => e);
      console.log(died.code, died.signal ?? died.message);
      await everywhere(() => { globalThis.kept = 5 }, { procs: [b, c] });
      const busy = remotecallFetch(b, () => { for (;;); }).catch((e) => e);
      const slow = remotecallFetch(c, () => new Promise((r) => setTimeout(r, 1500, "slow but done")));
      await remotecallFetch(c, () => 0);
      await new Promise((r) => setTimeout(r, 300));
      await interrupt(b);
      console.log((await busy).name);
      console.log(await slow, await remotecallFetch(b, () => globalThis.kept));
      const giveUp = new AbortController();
      const late = withSignal(giveUp.signal, () => remotecallFetch(b, async () => {
        await new Promise((r) => setTimeout(r, 20));
        for (;;);
      })).catch((e) => e);
      const beside = remotecallFetch(c, () => new Promise((r) => setTimeout(r, 600, "beside")));
      await new Promise((r) => setTimeout(r, 300));
      giveUp.abort();
      console.log((await late).name, await beside);
      const both = [b, c].map((p) => remotecallFetch(p, () => { for (;;); }).catch((e) => e));
      await new Promise((r) => setTimeout(r, 300));
      await interrupt();
      console.log((await Promise.all(both)).map((e) => e.name).join());
      console.log(await remotecallFetch(c, () => globalThis.kept), workers().length);`;
    const { stdout, stderr } = await tjl("-p", "3", "-e", code);
    expect(stdout, stderr).toBe(`TJL_WORKER_EXITED SIGKILL
InterruptError
slow but done 5
InterruptError beside
InterruptError,InterruptError
5 2
`);
    await noJobs();
  });

  test("waits in the queue as long as it takes, and says why", async () => {
    const blocker = slurm
      .run("sbatch", "--parsable", "--exclusive", "-N2", "--output=/dev/null", "--wrap", "sleep 1000")
      .trim();
    await waitFor("the blocker runs", () => slurm.jobs()[0]?.includes(" R "));
    const waiting = startTjl(
      ["--manager", "slurm", "-p", "2", "-e", whoAndWhere],
      options({ env: env({ TJL_WORKER_TIMEOUT: "8" }) }),
    );
    await waiting.printed(/Slurm job \d+ is pending \((Resources|Priority|None)/, "stderr");
    slurm.run("scancel", blocker);
    const { stdout, stderr } = await waiting.done;
    expect(stdout, stderr).toMatch(/^0 n\d true,1 n\d true\n$/);
    await noJobs();
  });

  test("the job and its files go when the run is killed, by Ctrl-C or SIGKILL, in the queue or while it runs", async () => {
    const blocker = slurm
      .run("sbatch", "--parsable", "--exclusive", "-N2", "--output=/dev/null", "--wrap", "sleep 1000")
      .trim();
    await waitFor("the blocker runs", () => slurm.jobs()[0]?.includes(" R "));
    for (const [signal, status] of [
      ["SIGINT", 130],
      ["SIGKILL", null],
    ] as const) {
      const waiting = startTjl(["--manager", "slurm", "-p", "2", "-e", "0"], options({ leftoversMs: 10_000 }));
      await waiting.printed(/is pending/, "stderr");
      waiting.kill(signal);
      expect((await waiting.done).status).toBe(status);
      await waitFor("only the blocker", () => slurm.jobs().length === 1);
    }
    slurm.run("scancel", blocker);
    await noJobs();

    const busy = `for (const p of workers()) remoteDo(p, () => { for (;;); }); console.log("busy"); await new Promise(() => {})`;
    for (const signal of ["SIGINT", "SIGKILL"] as const) {
      const running = startTjl(["--manager", "slurm", "-p", "2", "-e", busy], options({ leftoversMs: 10_000 }));
      await running.printed(/busy/);
      running.kill(signal);
      await running.done;
      await noJobs();
      await nothingKept();
    }
  });

  test("refusals: no such partition, more than there is, no worker", async () => {
    const partition = await tjl("-p", "2", "--manager-opt", "partition=nowhere", "-e", "0");
    expect(partition.status).toBe(3);
    expect(partition.stderr).toMatch(/slurm.*command.*invalid partition/is);
    const tooMany = await tjl("-p", "500", "-e", "0");
    expect(tooMany.stderr).toMatch(/slurm.*command.*PartitionConfig.*can never start/is);
    expect(tooMany.status).toBe(3);
    const words = await runTjl(["--manager", "slurm", "-p", "0", "-e", "0"], options());
    expect(words.status).toBe(2);
  });

  test("--print-job shows the script and submits nothing", async () => {
    const { stdout, status } = await runTjl(
      ["--print-job", "--manager", "slurm", "-p", "8", "--manager-opt", "time=1:00"],
      options(),
    );
    expect(stdout).toMatch(/^#!\/bin\/sh\n/);
    expect(stdout).toContain("#SBATCH --ntasks=8\n");
    expect(stdout).toContain("#SBATCH --time=1:00\n");
    expect(stdout).not.toMatch(/[0-9a-f]{64}/);
    expect(status).toBe(0);
    expect((await runTjl(["--print-job", "-p", "8"], options())).status).toBe(2);
  });
});
