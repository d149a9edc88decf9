/**
 * Starts the control thread. A worker that is reached through a socket on this host gets it with the first call that does not end in
 * its synchronous part, because before that a guard is enough and the master sees the process itself; one on another host at once.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../package.ts";
import { onFirstRunning } from "../calls/running.ts";
import { helloFromHere } from "../cluster/connect-process.ts";
import { keepAliveMs } from "../cluster/lifeline.ts";
import { controlSocketFile } from "../cluster/nest.ts";
import { cluster } from "../cluster/peers.ts";
import { calm } from "../refs/context.ts";
import type { ControlData } from "./control-thread.ts";

/** A thread with little to do needs little memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32, stackSizeMb: 1 };

/** From the first call that goes on after its synchronous part, this worker can be stopped from beside. */
export function startControlWhenNeeded(folder: string): void {
  onFirstRunning(() => void startControl({ path: controlSocketFile(folder, process.pid) }));
}

/** Runs on the main thread right before what runs there is ended. */
function beforeTermination(): void {
  calm();
  // A guard takes the handlers of SIGINT away while its code runs; without them a SIGINT that comes late would end the process.
  setImmediate(() => {
    if (process.listenerCount("SIGINT") === 0) process.on("SIGINT", () => {});
  });
}

/** Starts it now; gives the port that it listens on, 0 when it could not be started. */
export function startControl(listen: ControlData["listen"]): Promise<number> {
  const { Worker } = createRequire(import.meta.url)("node:worker_threads") as typeof import("node:worker_threads");
  Object.defineProperty(globalThis, Symbol.for("tjulia.calm"), { value: beforeTermination, configurable: true });
  const workerData: ControlData = {
    listen,
    cookie: cluster.cookie,
    hello: helloFromHere(),
    keepAliveMs: keepAliveMs(),
  };
  const file = join(packageRoot, "dist", "control.cjs");
  const thread = new Worker(file, { workerData, resourceLimits, stdin: false, execArgv: [] });
  return new Promise((resolve) => {
    thread.once("message", (port: number) => {
      thread.unref();
      resolve(port);
    });
    thread.once("error", () => resolve(0));
  });
}
