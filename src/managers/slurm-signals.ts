/** Signals to the workers of one step of Slurm: scancel reaches all of them at once, one alone takes a step beside it. */
import type { CallerInfo } from "../runtime/cluster/member.ts";
import { slurm } from "./slurm-command.ts";

/** Interrupts that come within this time are sent together. */
const TOGETHER_MS = 10;

export class StepSignals {
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
