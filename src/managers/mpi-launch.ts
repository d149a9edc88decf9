/** A start of workers through mpiexec: which MPI it is, how it is told, and how the secret gets to the workers. */
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { writableCache } from "../cache-folder.ts";
import { LaunchError } from "../errors.ts";
import { nativeImport } from "../native-import.ts";
import type { LaunchParams, WorkerConfig } from "../runtime/cluster/cluster-manager.ts";
import { type Caller, connectionOf, launchThrough } from "./launch-through.ts";
import type { LineReader } from "./launcher-step.ts";
import { startLocalAgent } from "./local-host.ts";
import { StageError } from "./stage.ts";

export interface MpiRequest {
  count: number;
  /** mpiexec and its flags. */
  words: readonly string[];
  address: { host: string; port: number } | undefined;
}

/** The userdata of a worker. */
export interface MpiWorker {
  connect(config: WorkerConfig): Promise<Duplex>;
  kill(): void;
}

interface Dialect {
  /** Flags that mark each line with the number of the worker that wrote it. */
  flags: readonly string[];
  reader: LineReader;
}

const openMpi: Dialect = {
  flags: ["--tag-output"],
  reader: { labelled: (line) => marked(/^\[\d+,(\d+)\]<\w+>: ?(.*)$/s, line) },
};
const mpich: Dialect = { flags: ["-prepend-rank"], reader: { labelled: (line) => marked(/^\[(\d+)\] ?(.*)$/s, line) } };

function marked(pattern: RegExp, line: string): { task: number; text: string } | undefined {
  const [, task, text] = pattern.exec(line) ?? [];
  return task === undefined ? undefined : { task: Number(task), text: text ?? "" };
}

/** Starts the workers; `started` gets each as it comes. Rejects with a LaunchError. */
export async function launchByMpi(
  { count, words: [program = "", ...flags], address }: MpiRequest,
  params: LaunchParams,
  started: (config: WorkerConfig) => void,
): Promise<void> {
  // mpiexec gives its standard input to the first worker only. The home is where all hosts find the same file.
  const secret = join(writableCache("jobs"), `${process.pid}-${randomBytes(4).toString("hex")}.cookie`);
  const removeSecret = () => rmSync(secret, { force: true });
  process.once("exit", removeSecret);
  try {
    const dialect = await dialectOf(program);
    writeFileSync(secret, params.cookie, { mode: 0o600 });
    const words = (command: readonly string[]) => [
      ...[...dialect.flags, ...(process.getuid?.() === 0 && dialect === openMpi ? ["--allow-run-as-root"] : [])],
      ...[...flags, "-n", String(count), ...command, "--cookie-file", secret],
    ];
    const launcher = { agent: await startLocalAgent(), program, words, reader: dialect.reader, count, address };
    await launchThrough(launcher, params, (caller, config) => {
      const { stream } = caller;
      const userdata: MpiWorker = {
        connect: (config) => connectionOf(caller, config),
        kill: () => kill(caller, stream),
      };
      started({ ...config, userdata });
    });
  } catch (error) {
    if (error instanceof StageError) throw new LaunchError([error.failureOn("mpi")]);
    throw error;
  } finally {
    process.off("exit", removeSecret);
    removeSecret();
  }
}

async function dialectOf(program: string): Promise<Dialect> {
  const { execa } = await nativeImport<typeof import("execa")>("execa");
  const { stdout, code } = await execa(program, ["--version"], { reject: false, stdin: "ignore", timeout: 10_000 });
  if (code === "ENOENT") {
    throw new StageError("configuration", `there is no ${program} here`, "--manager-opt mpiexec=<the program>");
  }
  return /hydra|mpich|intel/i.test(String(stdout)) ? mpich : openMpi;
}

/** A worker elsewhere is out of reach; it ends with its connection. */
function kill({ who }: Caller, stream: Socket | undefined): void {
  stream?.destroy();
  if (who.host !== hostname()) return;
  try {
    process.kill(who.ospid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
