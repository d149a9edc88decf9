/**
 * Who submits a job to Slurm: a small shell beside this process, which waits for the end of its standard input and then takes the job
 * out of Slurm and its files off the disk. So a job does not outlive this process, whatever ends it: not even a SIGKILL while sbatch
 * still runs or the job waits in the queue.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { inStage, StageError } from "./stage.ts";

export interface KeptJob {
  id: string;
  /** Takes the job out of Slurm; resolves when that is done. */
  cancel(): Promise<void>;
}

/** What the shell runs: `$1` is the length of the script that comes first on its standard input, `$2` the file for the job's output. */
const KEEPER = `trap '' INT HUP TERM QUIT
id=$(head -c "$1" | sbatch --parsable) || exit
id=\${id%%;*}
echo "$id"
cat >/dev/null
scancel --quiet "$id"
rm -f -- "$2"`;

/** Submits the script. Rejects with a StageError when Slurm refuses it, or with the signal's reason. */
export async function keepJob(script: string, output: string, signal?: AbortSignal): Promise<KeptJob> {
  const bytes = Buffer.from(script);
  // A session of its own: neither Ctrl-C nor the end of the terminal is for it.
  const keeper = spawn("/bin/sh", ["-c", KEEPER, "tjl-keeper", String(bytes.length), output], { detached: true });
  const gone = new Promise<void>((resolve) => keeper.once("close", () => resolve()));
  const { stdin, stdout, stderr } = keeper;
  const unref = () => {
    for (const handle of [keeper, stdin, stdout, stderr]) (handle as { unref?(): void }).unref?.();
  };
  stdin.on("error", () => {});
  stdin.write(bytes);
  try {
    const id = await inStage("command", () => submitted(keeper), { signal });
    unref();
    const cancel = async () => {
      stdin.end();
      keeper.ref();
      await gone;
    };
    return { id, cancel };
  } catch (error) {
    // What sbatch may still do is undone as soon as it is done; nobody waits for that.
    stdin.end();
    unref();
    throw error;
  }
}

function submitted(keeper: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = "";
    keeper.stderr.on("data", (text) => (complaint += text));
    keeper.stderr.once("end", () => reject(refusal(complaint)));
    keeper.stdout.once("data", (line) => resolve(String(line).trim()));
    keeper.once("error", reject);
  });
}

function refusal(complaint: string): StageError {
  if (/sbatch: not found|sbatch: command not found/.test(complaint)) {
    return new StageError("configuration", "there is no sbatch here", "run this on a login node of the cluster");
  }
  return new StageError("command", `sbatch: ${complaint.trim().replaceAll("sbatch: error: ", "") || "it refused"}`);
}
