/** What Slurm is told and what it says: options to flags, the script of a job, lines with task numbers. Pure. */
import { join } from "node:path";
import { UsageError } from "../errors.ts";
import { packageRoot } from "../package.ts";
import { quote } from "./agent/start-script.ts";

/** Options that are not flags of Slurm. */
const OWN_OPTIONS = new Set(["count", "address", "port", "printJob"]);

/**
 * Options as flags of srun and sbatch, in Slurm's own words: `{ partition: "short", gres: "gpu:1", n: 2, exclusive: "" }` gives
 * `--partition=short --gres=gpu:1 -n 2 --exclusive`. `flags` holds more, ready-made.
 */
export function slurmFlags(options: Readonly<Record<string, unknown>>): string[] {
  const words: string[] = [];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || OWN_OPTIONS.has(name)) continue;
    if (name === "flags") {
      words.push(...(Array.isArray(value) ? value.map(String) : String(value).split(/\s+/).filter(Boolean)));
      continue;
    }
    if (!/^[A-Za-z][\w-]*$/.test(name)) throw new UsageError(`the slurm manager has no option ${JSON.stringify(name)}`);
    const text = value === true ? "" : String(value);
    if (/[\r\n]/.test(text)) throw new UsageError(`the slurm manager: ${name} has more than one line`);
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll("_", "-");
    if (name.length === 1) words.push(`-${name}`, ...(text ? [text] : []));
    else words.push(text ? `--${flag}=${text}` : `--${flag}`);
  }
  return words;
}

export interface JobRequest {
  tasks: number;
  flags: readonly string[];
  dir: string;
  /** Where to listen for the job's call. */
  address?: { host: string; port?: number | undefined } | undefined;
  signal?: AbortSignal | undefined;
}

/** The script that would be submitted; with a secret only when it is. */
export function scriptFor(
  { tasks, flags, dir }: JobRequest,
  addresses: string,
  secret: string,
  output: string,
): string {
  const program = `require(${JSON.stringify(join(packageRoot, "dist", "agent.cjs"))}).callBack(process.argv[1])`;
  const command = [process.execPath, "-e", program, addresses];
  return jobScript({ tasks, flags, dir, output, command, secret });
}

export interface JobScript {
  tasks: number;
  flags: readonly string[];
  /** Where the job's own complaints go. */
  output: string;
  dir: string;
  /** The words that call the master back. */
  command: readonly string[];
  /** What these words read from standard input. */
  secret: string;
}

/** The script that sbatch is given. */
export function jobScript({ tasks, flags, output, dir, command, secret }: JobScript): string {
  const directives = [
    "--job-name=tjl",
    `--ntasks=${tasks}`,
    `--output=${output}`,
    `--chdir=${dir}`,
    "--no-requeue",
    ...joinPairs(flags),
  ];
  return `#!/bin/sh
${directives.map((directive) => `#SBATCH ${directive}`).join("\n")}
# Calls the process that asked for this job, which then starts the workers by srun. Ends with it.
exec ${command.map(quote).join(" ")} <<'end'
${secret}
end
`;
}

/** `-n 2` are two words on a command line, and one directive in a script. */
function joinPairs(flags: readonly string[]): string[] {
  const joined: string[] = [];
  for (const flag of flags) {
    if (flag.startsWith("-") || joined.length === 0) joined.push(flag);
    else joined.push(`${joined.pop()} ${flag}`);
  }
  return joined;
}

/** The words of srun that start the workers. */
export function srunWords(tasks: number, flags: readonly string[], command: readonly string[]): string[] {
  const ours = [`--ntasks=${tasks}`, "--label", "--kill-on-bad-exit=0", "--wait=0", "--mpi=none"];
  return [...ours, ...flags, ...command];
}

/** A line of `srun --label`, apart from the number of its task. */
export function labelled(line: string): { task: number; text: string } | undefined {
  const [, task, text] = /^\s*(\d+): ?(.*)$/s.exec(line) ?? [];
  return task === undefined ? undefined : { task: Number(task), text: text ?? "" };
}

/** How tasks ended, as srun tells it: `srun: error: n1: tasks 0-1,3: Exited with exit code 3`. */
export function taskEnds(
  line: string,
): { tasks: number[]; exitCode?: number; signal?: string; reason?: string } | undefined {
  const [, list, how = ""] = /^srun: (?:error: )?\S+: tasks? ([\d,[\]-]+): (.*)$/.exec(line.trim()) ?? [];
  if (!list) return undefined;
  const tasks = list
    .replace(/[[\]]/g, "")
    .split(",")
    .flatMap((part) => {
      const [from = 0, to = from] = part.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
  const code = /^Exited with exit code (\d+)/.exec(how)?.[1];
  if (code !== undefined) return { tasks, exitCode: Number(code) };
  const signals: Record<string, string> = {
    Killed: "SIGKILL",
    Terminated: "SIGTERM",
    "Segmentation fault": "SIGSEGV",
    Aborted: "SIGABRT",
    Interrupt: "SIGINT",
  };
  const signal = signals[how.replace(/ \(core dumped\)$/, "")];
  return signal ? { tasks, signal } : { tasks, reason: `ended: ${how}` };
}

/** The state of a job as people want to read it, from `squeue -o "%T|%r|%N"`. */
export function queueState(job: string, line: string): { state: string; reason: string; text: string } {
  const [state = "", reason = "", nodes = ""] = line.trim().split("|");
  const where = nodes ? ` on ${nodes}` : "";
  const why = reason && reason !== "None" ? ` (${reason})` : "";
  return { state, reason, text: `Slurm job ${job} is ${state.toLowerCase()}${why}${where}` };
}

/** Reasons for waiting that time does not cure: the job asks for what there is not, or may not. */
export const isHopeless = (reason: string): boolean =>
  /^(PartitionConfig|PartitionNodeLimit|PartitionTimeLimit|BadConstraints|(Invalid|Account|QOS)[A-Z]\w*)$/.test(
    reason,
  ) && !/Limit$|Max/.test(reason.replace(/^Partition\w*/, ""));

/** States in which a job will not run any more. */
export const isOver = (state: string): boolean =>
  /^(BOOT_FAIL|CANCELLED|COMPLETED|DEADLINE|FAILED|NODE_FAIL|OUT_OF_MEMORY|PREEMPTED|REVOKED|TIMEOUT)/.test(state);
