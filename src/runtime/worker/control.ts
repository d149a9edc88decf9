/** Starts the control thread: with the first call that does not end in its synchronous part, because before that a guard is enough. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../package.ts";
import { onFirstRunning } from "../calls/running.ts";
import { helloFromHere } from "../cluster/connect-process.ts";
import { controlSocketFile } from "../cluster/nest.ts";
import { cluster } from "../cluster/peers.ts";
import { calm } from "../refs/context.ts";
import type { ControlData } from "./control-thread.ts";

/** A thread with little to do needs little memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32, stackSizeMb: 1 };

/** From the first call that goes on after its synchronous part, this worker can be stopped from beside. */
export function startControlWhenNeeded(folder: string): void {
  onFirstRunning(() => {
    const { Worker } = createRequire(import.meta.url)("node:worker_threads") as typeof import("node:worker_threads");
    Object.defineProperty(globalThis, Symbol.for("tjulia.calm"), { value: calm, configurable: true });
    const path = controlSocketFile(folder, process.pid);
    const workerData: ControlData = { path, cookie: cluster.cookie, hello: helloFromHere() };
    const thread = new Worker(join(packageRoot, "dist", "control.cjs"), {
      workerData,
      resourceLimits,
      stdin: false,
      execArgv: [],
    });
    thread.on("error", () => {});
    thread.unref();
  });
}
