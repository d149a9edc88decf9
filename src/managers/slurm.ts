/**
 * SlurmManager: workers from Slurm. Inside an allocation (salloc, sbatch) they are tasks of a step on it; outside, a job is submitted
 * and waited for. Either way an agent runs `srun`, which starts them all, and each calls this process back: in any order, from any
 * node, with no port open on the nodes that a firewall would have to know.
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { InterruptError, LaunchError, type LaunchFailure, UsageError } from "../errors.ts";
import { ClusterManager, type LaunchParams, type WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import type { CallerInfo } from "../runtime/cluster/member.ts";
import type { Condition } from "../runtime/refs/condition.ts";
import { connect } from "../runtime/wire/transports.ts";
import { waitForCalls } from "./call-back.ts";
import { LauncherStep } from "./launcher-step.ts";
import { startLocalAgent } from "./local-host.ts";
import type { RemoteAgent } from "./remote-agent.ts";
import { slurm } from "./slurm-command.ts";
import { labelled, slurmFlags, srunWords, taskEnds } from "./slurm-job.ts";
import { type JobRequest, scriptFor, submitJob } from "./slurm-submit.ts";
import { StageError, secondsFor } from "./stage.ts";
import { tellStatus } from "./status.ts";

/** Options that are not listed are flags of Slurm: `{ mem: "4G", constraint: "a100", n: 2 }`. */
export interface SlurmManagerOptions {
  /** How many workers. Default: all tasks of the allocation; 1 where a job is submitted. */
  count?: number | string | undefined;
  partition?: string | undefined;
  account?: string | undefined;
  time?: string | undefined;
  nodes?: number | string | undefined;
  gres?: string | undefined;
  /** More flags, ready-made: `--mem=4G --exclusive`. */
  flags?: string | readonly string[] | undefined;
  /** The address of this host as the nodes see it. Default: all of its addresses are tried. */
  address?: string | undefined;
  /** The port to be called back on. Default: any free one. */
  port?: number | string | undefined;
  [flag: string]: unknown;
}

/** Interrupts that come within this time are sent together. */
const TOGETHER_MS = 10;

/**
 * Starts workers through Slurm.
 *
 * @example
 * const pids = await addprocs(new SlurmManager({ count: 64, partition: "short", time: "1:00:00" }));
 */
export class SlurmManager extends ClusterManager {
  readonly count: number;
  readonly #flags: readonly string[];
  readonly #address: JobRequest["address"];
  #cancel: (() => Promise<void>) | undefined;

  constructor(options: SlurmManagerOptions = {}) {
    super();
    const count = options.count ?? (inAllocation() ? process.env.SLURM_NTASKS : undefined) ?? 1;
    this.count = Number(count);
    if (!Number.isInteger(this.count) || this.count < 1) {
      throw new UsageError(`the number of workers is a whole number from 1 up, not ${String(count)}`);
    }
    this.#flags = slurmFlags(options);
    const { address, port } = options;
    if (address !== undefined || port !== undefined)
      this.#address = { host: address ?? "0.0.0.0", port: Number(port ?? 0) };
  }

  /** What would be given to sbatch; outside an allocation. */
  jobScript(): string {
    return scriptFor(this.#request(process.cwd()), "<addresses of this host>", "<a secret of this run>", "/dev/null");
  }

  #request(dir: string, signal?: AbortSignal): JobRequest {
    return { tasks: this.count, flags: this.#flags, dir, address: this.#address, signal };
  }

  async launch(params: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void> {
    try {
      await this.#launch(params, launched, c);
    } catch (error) {
      if (params.signal?.aborted) throw new InterruptError(undefined, { cause: params.signal.reason });
      if (!(error instanceof StageError)) throw error;
      throw new LaunchError([error.failureOn("slurm")]);
    }
  }

  async #launch(params: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void> {
    const { agent, job, isOurs } = await this.#allocation(params);
    agent.unref();
    const calls = new Calls(this.count);
    const server = await waitForCalls<CallerInfo>(
      params.cookie,
      (stream, who) => calls.arrived(stream, who),
      this.#address,
    );
    try {
      const command = [...params.command, "--call-back", server.addresses];
      const program = await agent.start({
        program: "srun",
        words: srunWords(this.count, isOurs ? [] : this.#stepFlags(), command),
        dir: params.dir,
        otherwise: undefined,
        env: { ...timeoutEnv(), ...params.env },
        cookie: params.cookie,
      });
      const step = new LauncherStep(program, { labelled, ends: taskEnds });
      program.exited.then(() => {
        calls.noMore(step.ownWords.join("; "));
        agent.close();
      });
      const signals = new StepSignals(this.count);
      for await (const { stream, who } of calls.each(params.signal)) {
        launched.push(this.#config(stream, who, step, signals, job));
        c.notify();
      }
      if (calls.missing.length > 0) throw new LaunchError(calls.missing.map((task) => missed(task, step, calls)));
    } catch (error) {
      agent.close();
      throw error;
    } finally {
      await server.close();
    }
  }

  /** An agent that can run srun: here, inside the allocation that there is, or in a job of our own. */
  async #allocation(params: LaunchParams): Promise<{ agent: RemoteAgent; job: string; isOurs: boolean }> {
    if (inAllocation()) {
      return { agent: await startLocalAgent(), job: process.env.SLURM_JOB_ID ?? "", isOurs: false };
    }
    const { agent, id, cancel } = await submitJob(this.#request(params.dir, params.signal));
    this.#cancel = cancel;
    tellStatus(`Slurm job ${id} has started`);
    return { agent, job: id, isOurs: true };
  }

  /** Within an allocation the flags are the step's; a step inside a step shares its resources. */
  #stepFlags(): readonly string[] {
    return process.env.SLURM_STEP_ID === undefined ? this.#flags : ["--overlap", ...this.#flags];
  }

  #config(stream: Socket, who: CallerInfo, step: LauncherStep, signals: StepSignals, job: string): WorkerConfig {
    const userdata: Userdata = { stream, signals, who };
    return {
      ...step.task(who.task),
      host: who.address.host,
      port: who.address.port,
      hostLabel: `${who.host} (task ${who.task} of job ${job})`,
      ospid: who.ospid,
      tunnel: false,
      userdata,
    };
  }

  manage(_id: number, config: WorkerConfig, op: "register" | "deregister" | "interrupt" | "finalize"): void {
    const { signals, who } = config.userdata as Userdata;
    if (op === "interrupt") signals.interrupt(who);
    if (op === "deregister") signals.isGone(who);
  }

  /** The connection that the worker opened; further ones go to where it listens. */
  override async connect(_id: number, config: WorkerConfig): Promise<Duplex> {
    const userdata = config.userdata as Userdata;
    const { stream } = userdata;
    userdata.stream = undefined;
    return stream ?? connect({ host: config.host ?? "", port: config.port ?? 0 });
  }

  override async kill(_id: number, config: WorkerConfig): Promise<void> {
    const { signals, who } = config.userdata as Userdata;
    await signals.kill(who);
  }

  /** Takes our job out of Slurm at once; also done when the last worker goes and when this process ends. */
  async cancel(): Promise<void> {
    await this.#cancel?.();
  }
}

interface Userdata {
  stream: Socket | undefined;
  signals: StepSignals;
  who: CallerInfo;
}

function inAllocation(): boolean {
  return process.env.SLURM_JOB_ID !== undefined;
}

function timeoutEnv(): Record<string, string> {
  const timeout = process.env.TJL_WORKER_TIMEOUT;
  return timeout ? { TJL_WORKER_TIMEOUT: timeout } : {};
}

function missed(task: number, step: LauncherStep, calls: Calls): LaunchFailure {
  const said = step.lastWords(task) || calls.reason || step.ownWords.join("; ");
  const reason = said || `did not call back within ${secondsFor("announce")} s`;
  return { host: `task ${task}`, stage: "announce", reason, hint: undefined };
}

/** Workers as they call, until all have, or time is up, or no more can come. */
class Calls {
  reason = "";
  readonly #expected: number;
  readonly #waiting: { stream: Socket; who: CallerInfo }[] = [];
  readonly #seen = new Set<number>();
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(expected: number) {
    this.#expected = expected;
  }

  get missing(): number[] {
    return Array.from({ length: this.#expected }, (_, task) => task).filter((task) => !this.#seen.has(task));
  }

  arrived(stream: Socket, who: CallerInfo): void {
    if (this.#isClosed || this.#seen.has(who.task)) return void stream.destroy();
    this.#seen.add(who.task);
    this.#waiting.push({ stream, who });
    this.#wake();
  }

  noMore(reason: string): void {
    this.reason = reason;
    this.#isClosed = true;
    this.#wake();
  }

  async *each(signal?: AbortSignal): AsyncGenerator<{ stream: Socket; who: CallerInfo }> {
    const late = setTimeout(() => this.noMore(""), secondsFor("announce") * 1000);
    const stop = () => this.#wake();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) yield next;
        if (this.#isClosed || this.#seen.size === this.#expected) return;
        signal?.throwIfAborted();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(late);
      signal?.removeEventListener("abort", stop);
      this.#isClosed = true;
    }
  }
}

/** Signals to the workers of one step: scancel reaches all of them at once, one alone takes a step beside it. */
class StepSignals {
  readonly #alive = new Set<number>();
  #interrupted: CallerInfo[] = [];

  constructor(count: number) {
    for (let task = 0; task < count; task++) this.#alive.add(task);
  }

  isGone({ task }: CallerInfo): void {
    this.#alive.delete(task);
  }

  interrupt(who: CallerInfo): void {
    this.#interrupted.push(who);
    if (this.#interrupted.length === 1) setTimeout(() => void this.#sendInterrupts(), TOGETHER_MS);
  }

  async #sendInterrupts(): Promise<void> {
    const meant = this.#interrupted;
    this.#interrupted = [];
    const isAll = meant.length >= this.#alive.size;
    const step = meant[0]?.step;
    if (isAll && step) await slurm("scancel", ["--quiet", "--signal=INT", step]).catch(() => {});
    else await Promise.all(meant.map((who) => this.#signalOne("INT", who)));
  }

  kill(who: CallerInfo): Promise<void> {
    return this.#signalOne("KILL", who);
  }

  async #signalOne(signal: "INT" | "KILL", { host, ospid, step = "" }: CallerInfo): Promise<void> {
    const [job] = step.split(".");
    const beside = [`--jobid=${job}`, "--overlap", "--ntasks=1", "--nodes=1", `--nodelist=${host}`, "--mpi=none"];
    await slurm("srun", [...beside, "kill", `-${signal}`, String(ospid)]).catch(() => {});
  }
}
