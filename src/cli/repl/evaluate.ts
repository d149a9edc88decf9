/**
 * Carries out the plan of an entry: runs its code in this process's global scope, waits for the promise it gives, and stops
 * both on Ctrl-C. The terminal's mode and the signal of Ctrl-C are handed in by the caller.
 */
import { constants, Script } from "node:vm";
import type { RunPlan } from "./entry.ts";
import { type InterruptKey, runInterruptibly } from "./interrupt-guard.ts";

export interface EvaluateOptions {
  /** What the script is called in stacks. */
  script: string;
  /** Aborted by Ctrl-C while the entry waits. */
  signal: AbortSignal;
  interruptKey: InterruptKey;
  /** Called when the entry begins to wait: sees to it that Ctrl-C reaches busy code then. Gives how to end that. */
  watchBusy(): () => void;
}

/** The value of the entry, awaited; throws what it throws, and InterruptError after Ctrl-C. */
export async function evaluate(plan: RunPlan, options: EvaluateOptions): Promise<unknown> {
  quietExperimentalVmWarning();
  const script = new Script(plan.code, {
    filename: options.script,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const value = runInterruptibly(() => script.runInThisContext({ displayErrors: false }), options.interruptKey);
  if (!plan.isAsync && !(value instanceof Promise)) return value;
  const endWatch = options.watchBusy();
  try {
    return await unlessAborted(value as Promise<unknown>, options.signal);
  } finally {
    endWatch();
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop) signal.removeEventListener("abort", stop);
    // What the entry left behind may still fail after Ctrl-C; nobody waits for it any more.
    if (signal.aborted) promise.catch(() => {});
  }
}

let isQuiet = false;

/** Node tells at the first use that this way to load modules is experimental (all of 20 to 26 do); users need not hear it. */
function quietExperimentalVmWarning(): void {
  if (isQuiet) return;
  isQuiet = true;
  const emitWarning = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes("vm.USE_MAIN_CONTEXT_DEFAULT_LOADER")) return;
    (emitWarning as (...args: unknown[]) => void).call(process, warning, ...rest);
  }) as typeof process.emitWarning;
}
