/**
 * Carries out the plan of an entry: runs its code in this process's global scope, waits for the promise it gives, and stops
 * both on Ctrl-C. The terminal's mode and the signal of Ctrl-C are handed in by the caller.
 */
import { inspect, types } from "node:util";
import { constants, Script } from "node:vm";
import { isTask } from "../../runtime/refs/sync.ts";
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
  if (!plan.isAsync && !types.isPromise(value)) return value;
  const endWatch = options.watchBusy();
  const promise = value as Promise<unknown>;
  try {
    if (isTask(promise) && (await unlessAborted(isStillRunning(promise), options.signal))) return new LeftTask(promise);
    return await unlessAborted(promise, options.signal);
  } finally {
    endWatch();
  }
}

/** A task is waited for this long; `@async` is for what goes on while other things are typed. */
const TASK_MS = 100;

/** A task that goes on when its entry is over. */
export class LeftTask {
  readonly promise: Promise<unknown>;
  constructor(promise: Promise<unknown>) {
    this.promise = promise;
    void promise.then(() => {}); // a failure that nobody waits for is told
  }

  [inspect.custom](): string {
    return "Task (running)";
  }
}

function isStillRunning(promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = () => {
    clearTimeout(timer);
    return false;
  };
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, TASK_MS, true);
  });
  return Promise.race([promise.then(over, over), late]);
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
