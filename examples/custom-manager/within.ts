/** Starts each worker within another command: `sudo -n -u grid`, `docker run --interactive --network host image`, `numactl -N 1`. */
import { type ChildProcess, spawn } from "node:child_process";
import { ClusterManager, type Condition, type LaunchParams, type WorkerConfig } from "tjulia";

export default class WithinManager extends ClusterManager {
  readonly options: { within?: string; count?: string | number };

  /** What `--manager-opt` and `-p` said. */
  constructor(options: WithinManager["options"]) {
    super();
    this.options = options;
  }

  async launch({ command, cookie, dir }: LaunchParams, launched: WorkerConfig[], c: Condition): Promise<void> {
    const [program = "", ...words] = [...(this.options.within ?? "env").split(" "), ...command];
    for (let i = 0; i < Number(this.options.count ?? 1); i++) {
      const child = spawn(program, words, { cwd: dir, stdio: "pipe" });
      const exited: WorkerConfig["exited"] = new Promise((resolve) => {
        child.once("exit", (code, signal) => resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }));
        child.once("error", (error) => resolve({ reason: error.message }));
      });
      child.stdin.on("error", () => {}).write(`${cookie}\n`);
      child.unref(); // a worker that waits for work does not keep the program from its end
      launched.push({ io: child.stdout, stderr: child.stderr, exited, userdata: child });
      c.notify();
    }
  }

  manage(_id: number, config: WorkerConfig, op: string): void {
    if (op === "interrupt") (config.userdata as ChildProcess).kill("SIGINT");
  }

  override async kill(_id: number, config: WorkerConfig): Promise<void> {
    (config.userdata as ChildProcess).kill("SIGKILL");
  }
}
