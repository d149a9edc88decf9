/**
 * A real Slurm for tests: one controller and some node daemons on this machine, with files and ports of their own, no munge and no
 * database. Cores are declared, not real. Needs root, because node daemons start tasks as the user who submitted them.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { programPath } from "./needs.ts";
import { descendants, processesWith, signal } from "./processes.ts";
import { waitFor } from "./wait-for.ts";

export interface Slurm {
  /** For the environment of whoever uses it. */
  env: { SLURM_CONF: string };
  /** Runs one of Slurm's commands and gives what it prints. */
  run(command: string, ...words: string[]): string;
  /** Jobs that are not over, as `squeue` shows them. */
  jobs(): string[];
  stop(): Promise<void>;
}

export const slurmPrograms = ["slurmctld", "slurmd", "srun", "sbatch", "squeue", "scancel", "salloc"];

const CORES = 4;

export async function startSlurm(nodes = 2): Promise<Slurm> {
  const dir = mkdtempSync("/tmp/tjl-slurm-");
  const base = 21_000 + (process.pid % 300) * 100;
  const host = hostname().split(".")[0];
  for (const name of ["state", "log"]) mkdirSync(join(dir, name));
  const conf = join(dir, "slurm.conf");
  writeFileSync(
    conf,
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${base}
SrunPortRange=${base + 40}-${base + 99}
SlurmUser=root
SlurmctldPidFile=${dir}/slurmctld.pid
SlurmdPidFile=${dir}/slurmd-%n.pid
StateSaveLocation=${dir}/state
SlurmdSpoolDir=${dir}/spool-%n
SlurmctldLogFile=${dir}/log/slurmctld.log
SlurmdLogFile=${dir}/log/slurmd-%n.log
AuthType=auth/none
CredType=cred/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=10000,bf_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
SwitchType=switch/none
InactiveLimit=0
KillWait=2
SlurmctldTimeout=30
SlurmdTimeout=30
NodeName=n[1-${nodes}] NodeHostname=${host} NodeAddr=127.0.0.1 Port=[${base + 1}-${base + nodes}] CPUs=${CORES} RealMemory=1000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  const env = { SLURM_CONF: conf };
  const daemons: ChildProcess[] = [];
  const daemon = (name: string, ...words: string[]) => {
    daemons.push(spawn(programPath(name) ?? name, words, { stdio: "ignore", env: { PATH: process.env.PATH, ...env } }));
  };
  daemon("slurmctld", "-D", "-c", "-i", "-f", conf);
  for (let n = 1; n <= nodes; n++) {
    mkdirSync(join(dir, `spool-n${n}`));
    daemon("slurmd", "-D", "-N", `n${n}`, "-f", conf);
  }
  const run = (command: string, ...words: string[]) =>
    execFileSync(command, words, {
      encoding: "utf8",
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const jobs = () => run("squeue", "--noheader").split("\n").filter(Boolean);
  const stop = async () => {
    for (const child of daemons) {
      for (const { pid } of descendants(child.pid ?? 0)) signal(pid, "SIGKILL");
      child.kill("SIGKILL");
    }
    // The managers of steps, and what they started, have left their daemon's family.
    for (const { pid } of processesWith("SLURM_CONF", conf)) signal(pid, "SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await waitFor(
      "idle nodes",
      () => run("sinfo", "--noheader", "-N", "-t", "idle", "-o", "%N").trim().split("\n").length === nodes,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, run, jobs, stop };
}

/** Whether Slurm can be run without a munge daemon here. */
export function slurmTrial(): string | undefined {
  const found = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"].some(
    (lib) =>
      existsSync(lib) &&
      readdirSync(lib).some((name) => name.startsWith("slurm") && existsSync(join(lib, name, "auth_none.so"))),
  );
  return found ? undefined : "this Slurm has no auth_none";
}
