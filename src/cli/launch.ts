/** The workers of the command line: started before anything runs, then the -L files on every process. */
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { expectLibrary } from "../arrays/expect.ts";
import { LaunchError, type LaunchFailure, UsageError } from "../errors.ts";
import { launchFrom, onLaunchNews } from "../managers/addprocs.ts";
import { managersFromOptions } from "../managers/resolve.ts";
import { onStatus } from "../managers/status.ts";
import { loadEverywhere } from "../runtime/calls/loading.ts";
import { nprocs } from "../runtime/calls/membership.ts";
import { setErrorReporter } from "../runtime/calls/report.ts";
import { installGlobals } from "../runtime/worker/globals.ts";
import { tell, tellError } from "./endings.ts";
import type { RunOptions } from "./options.ts";
import { installProgressBar } from "./progress-bar.ts";

/** Makes this process 1 of a cluster: its globals, and how it tells what nobody waits for. */
export function becomeMaster(): void {
  installGlobals();
  expectLibrary();
  setErrorReporter((error) => void tellError(error));
  onLaunchNews({ failures: (error) => void tellError(error, "tjl: "), warning: tell });
  installProgressBar();
  onStatus(tell);
}

/**
 * Starts the workers that were asked for. Throws a LaunchError when none starts, or with --strict not all; else failures are told, and
 * what started is used.
 */
export async function startWorkers(options: RunOptions): Promise<void> {
  const { procs, machinefile, manager, managerOptions: managerOpts } = options;
  const managers = await managersFromOptions({ procs, machinefile, manager, managerOpts });
  const started: number[] = [];
  const failures: LaunchFailure[] = [];
  for (const one of managers) {
    const launched = await launchFrom(one);
    started.push(...launched.pids);
    failures.push(...launched.failures);
  }
  if (failures.length === 0) return;
  const error = new LaunchError(failures, started);
  if (started.length === 0 || options.strict) throw error;
  await tellError(error, "tjl: ");
  tell(
    `going on with ${started.length} worker${started.length === 1 ? "" : "s"}; with --strict the run would have ended`,
  );
}

/** Whether the command line asks for workers. */
export function wantsWorkers({ procs, machinefile, manager }: RunOptions): boolean {
  return procs !== undefined || machinefile !== undefined || manager !== undefined;
}

/** Loads the -L files on every process, one after the other. */
export async function loadFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    try {
      await loadEverywhere(pathToFileURL(path).href);
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      const { errors } = error;
      throw new AggregateError(
        errors,
        `${basename(path)} could not be loaded on ${errors.length} of ${nprocs()} processes`,
      );
    }
  }
}

/** The status of an error that came while workers were started. */
export function launchStatus(error: unknown): "usage" | "launch" {
  return error instanceof UsageError ? "usage" : "launch";
}
