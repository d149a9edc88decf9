/**
 * Runs entries: plan, variables, evaluation, `ans` and `err`. One at a time; Ctrl-C reaches the one that runs. Loaded after the
 * first prompt is on the screen, since it brings the parser along.
 */
import { InterruptError } from "../../errors.ts";
import { nameStrictScript } from "../../runtime/closures/unregistered.ts";
import { addGrowingProgram } from "../program-places.ts";
import type { ClusterView } from "./cluster-view.ts";
import { expandMacros, markThis, stripTypes } from "./compilers.ts";
import { type EntryContext, isIncomplete, planEntry, type RunPlan } from "./entry.ts";
import { EntryLog, PROMPT_FILE } from "./entry-log.ts";
import { evaluate, LeftTask } from "./evaluate.ts";
import type { InterruptKey } from "./interrupt-guard.ts";
import { ENTRY_KEY } from "./rewrite.ts";
import { SessionVariables } from "./session-variables.ts";
import { showEntryError, showError } from "./show-error.ts";

export interface RunnerOptions {
  cluster: ClusterView;
  colours: boolean;
  interruptKey: InterruptKey;
  /** Called when an entry begins to wait: sees to it that Ctrl-C reaches busy code then. Gives how to end that. */
  watchBusy(): () => void;
  /** Waits for the workers that are still joining, when an entry has use for them. */
  untilReady(mentions: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
  /** Hears which names an entry is about to declare or import. */
  onNames(plan: RunPlan): void;
}

export type Outcome =
  | { kind: "nothing" }
  | { kind: "value"; value: unknown; signal: AbortSignal }
  | { kind: "error"; text: string };

/** After Ctrl-C, calls that do not stop by being cancelled are interrupted on the workers this much later. */
const CANCEL_GRACE_MS = 300;

export class EntryRunner {
  readonly log = new EntryLog();
  readonly #options: RunnerOptions;
  readonly #variables = new SessionVariables();
  readonly #context: EntryContext = { expandMacros, stripTypes, markThis, isConst: this.#variables.isConst };
  #running: AbortController | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    addGrowingProgram(PROMPT_FILE, this.log);
    this.#variables.prepare({ declares: ["ans", "err"], consts: [], assigns: [] });
  }

  get names(): ReadonlySet<string> {
    return this.#variables.names;
  }

  isIncomplete(text: string): boolean {
    return isIncomplete(text, this.#context);
  }

  /** Ctrl-C: stops the entry that runs, here and on the workers. False when none runs. */
  interrupt(): boolean {
    if (!this.#running) return false;
    this.#running.abort(new InterruptError());
    return true;
  }

  async run(text: string): Promise<Outcome> {
    const plan = planEntry(text, this.#context);
    if (plan.kind === "empty") return { kind: "nothing" };
    if (plan.kind === "error") {
      const entry = this.log.add(text);
      setGlobal("err", plan.error);
      return { kind: "error", text: showEntryError(plan.error, entry, this.log, this.#options.colours) };
    }
    return this.#runPlan(text, plan);
  }

  /** Runs `work` as an entry does: Ctrl-C stops it. For commands and help that wait for something. */
  async interruptible<R>(work: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const controller = new AbortController();
    this.#running = controller;
    try {
      return await work(controller.signal);
    } finally {
      this.#running = undefined;
    }
  }

  describe(error: unknown): string {
    return showError(error, this.#options.colours);
  }

  async #runPlan(text: string, plan: RunPlan): Promise<Outcome> {
    const { cluster, interruptKey, watchBusy, untilReady, onNames } = this.#options;
    const { script } = this.log.add(text, plan);
    tellEntries(script);
    const controller = new AbortController();
    const { signal } = controller;
    this.#running = controller;
    const callsBefore = cluster.running();
    let made: string[] = [];
    let failed = true;
    try {
      await untilReady(plan.mentions, signal);
      made = this.#variables.prepare(plan);
      onNames(plan);
      const value = await cluster.withSignal(signal, () => evaluate(plan, { script, signal, interruptKey, watchBusy }));
      failed = false;
      await this.#variables.takeValue([...plan.declares, ...plan.assigns], value);
      if (!plan.hasValue) return { kind: "nothing" };
      if (value !== undefined) setGlobal("ans", value instanceof LeftTask ? value.promise : value);
      return plan.shows && value !== undefined ? { kind: "value", value, signal } : { kind: "nothing" };
    } catch (error) {
      if (error instanceof InterruptError && error.pid === undefined) {
        controller.abort(error);
        setTimeout(() => {
          // Not the calls of the next entry.
          if (!this.#running && cluster.running() > callsBefore) void cluster.interrupt();
        }, CANCEL_GRACE_MS);
      } else setGlobal("err", error);
      return { kind: "error", text: this.describe(error) };
    } finally {
      this.#variables.settle(made, plan, failed);
      this.#running = undefined;
    }
  }
}

/** The functions that the entry makes are known by its script when they are sent. */
function tellEntries(script: string): void {
  const tell = (f: () => void) => nameStrictScript(f, script);
  Object.defineProperty(globalThis, Symbol.for(ENTRY_KEY), { value: tell, configurable: true });
}

function setGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
}
