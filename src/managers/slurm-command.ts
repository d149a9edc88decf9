/** Runs one of Slurm's own commands and gives what it prints; what it complains about is the error. */
import { nativeImport } from "../native-import.ts";
import { StageError } from "./stage.ts";

/** The version of Slurm here and its partitions; undefined where there is none. */
export async function slurmVersion(): Promise<{ text: string; partitions: string[] } | undefined> {
  const { execa } = await nativeImport<typeof import("execa")>("execa");
  const run = (command: string, words: string[]) => execa(command, words, { reject: false, timeout: 5000 });
  const { stdout, failed } = await run("sbatch", ["--version"]);
  if (failed) return undefined;
  const partitions = await run("sinfo", ["--noheader", "--format=%R"]);
  return { text: stdout.trim(), partitions: partitions.failed ? [] : partitions.stdout.split("\n").filter(Boolean) };
}

export async function slurm(command: "squeue" | "scancel" | "srun", words: readonly string[]): Promise<string> {
  const { execa } = await nativeImport<typeof import("execa")>("execa");
  const { stdout, stderr, exitCode, failed, code } = await execa(command, words, {
    stdin: "ignore",
    reject: false,
    timeout: 30_000,
  });
  if (code === "ENOENT") {
    throw new StageError("configuration", `there is no ${command} here`, "run this on a login node of the cluster");
  }
  if (failed) {
    const complaint = stderr.trim().replaceAll(`${command}: error: `, "") || `status ${exitCode}`;
    throw new StageError("command", `${command}: ${complaint}`);
  }
  return stdout;
}
