/** A start of workers through Slurm: an agent inside the allocation that there is, or in a job of our own, and a step of srun on it. */
import type { Duplex } from "node:stream";
import { LaunchError } from "../errors.ts";
import type { LaunchParams, WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import type { CallerInfo } from "../runtime/cluster/member.ts";
import { connectionOf, launchThrough } from "./launch-through.ts";
import { startLocalAgent } from "./local-host.ts";
import type { RemoteAgent } from "./remote-agent.ts";
import { type JobRequest, labelled, srunWords, taskEnds } from "./slurm-job.ts";
import { StepSignals } from "./slurm-signals.ts";
import { submitJob } from "./slurm-submit.ts";
import { StageError } from "./stage.ts";
import { tellStatus } from "./status.ts";

/** The userdata of a worker. */
export interface SlurmWorker {
  who: CallerInfo;
  signals: StepSignals;
  connect(config: WorkerConfig): Promise<Duplex>;
}

interface Allocation {
  agent: RemoteAgent;
  job: string;
  /** Flags of the step. */
  flags: readonly string[];
  cancel?: () => Promise<void>;
}

/** Hears of the job of our own once it runs, and of each worker as it comes. */
export interface StepNews {
  runs(cancel: (() => Promise<void>) | undefined): void;
  started(config: WorkerConfig): void;
}

/** Starts the workers. Rejects with a LaunchError. */
export async function launchStep(
  request: JobRequest,
  inAllocation: boolean,
  params: LaunchParams,
  news: StepNews,
): Promise<void> {
  try {
    const { agent, job, flags, cancel } = await (inAllocation ? ourAllocation(request) : ourJob(request));
    news.runs(cancel);
    const { tasks: count, address } = request;
    const words = (command: readonly string[]) => srunWords(count, flags, command);
    const signals = new StepSignals(count);
    const launcher = { agent, program: "srun", words, reader: { labelled, ends: taskEnds }, count, address };
    await launchThrough(launcher, params, (caller, config) => {
      const { who } = caller;
      const userdata: SlurmWorker = { who, signals, connect: (config) => connectionOf(caller, config) };
      news.started({ ...config, hostLabel: `${who.host} (task ${who.task} of job ${job})`, userdata });
    });
  } catch (error) {
    if (error instanceof StageError) throw new LaunchError([error.failureOn("slurm")]);
    throw error;
  }
}

/** Within an allocation the flags are the step's; a step inside a step shares its resources. */
async function ourAllocation({ flags }: JobRequest): Promise<Allocation> {
  const { SLURM_JOB_ID: job = "", SLURM_STEP_ID: step } = process.env;
  return { agent: await startLocalAgent(), job, flags: step === undefined ? flags : ["--overlap", ...flags] };
}

async function ourJob(request: JobRequest): Promise<Allocation> {
  const { agent, id, cancel } = await submitJob(request);
  tellStatus(`Slurm job ${id} has started`);
  return { agent, job: id, flags: [], cancel };
}
