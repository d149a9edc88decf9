/**
 * What stands behind the prompt: runs entries, commands, help and shell lines, completes and colours. Loaded while the first prompt
 * is already on the screen. Prints through the `print` it is given.
 */
import { readdirSync } from "node:fs";
import { builtinModules } from "node:module";
import { homedir } from "node:os";
import { setErrorReporter } from "../../runtime/calls/report.ts";
import {
  addPromptVariables,
  addReferenceName,
  forgetReferenceNames,
  startPromptVariables,
} from "../../runtime/closures/everywhere-names.ts";
import { BusyGuard } from "./busy-guard.ts";
import type { ClusterView } from "./cluster-view.ts";
import { commandNames, runCommand } from "./commands.ts";
import { type Completion, type CompletionState, complete } from "./completion.ts";
import { EntryRunner, type Outcome } from "./entry-runner.ts";
import { helpEntry, helpText, helpTopics } from "./help.ts";
import { highlight } from "./highlight.ts";
import type { InterruptKey } from "./interrupt-guard.ts";
import { tokenize } from "./macros-tokens.ts";
import { installPromptFunctions } from "./prompt-functions.ts";
import { installPromptImport } from "./prompt-import.ts";
import { runShell } from "./shell.ts";
import { show } from "./show.ts";

export interface SessionOptions {
  cluster: ClusterView;
  colours: boolean;
  columns(): number;
  rows(): number;
  /** Whether keys come one by one, and Ctrl-C is a key. */
  isTerminal: boolean;
  print(text: string): void;
  interruptKey: InterruptKey;
  /** Gives the terminal to another program while `fn` runs. */
  withTerminal<R>(fn: () => Promise<R>): Promise<R>;
  /** Asks for a text of several lines; undefined when it is given up. */
  editText(hint: string): Promise<string | undefined>;
  leave(status: number): void;
  ready: Promise<unknown>;
  prepareLoader: () => Promise<void> | void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #runner: EntryRunner;
  readonly #busyGuard = new BusyGuard(() => this.#runner.interrupt());
  /** Names that the platform has before the user makes any. */
  readonly #platform: readonly string[];
  #isReady = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    installPromptImport(options.prepareLoader);
    this.#platform = installPromptFunctions(options);
    startPromptVariables();
    tellNames();
    setErrorReporter((error) => options.print(this.describe(error)));
    void options.ready.catch(() => {}).then(() => (this.#isReady = true));
    this.#runner = new EntryRunner({
      cluster: options.cluster,
      colours: options.colours,
      interruptKey: options.interruptKey,
      watchBusy: () => (options.isTerminal ? this.#busyGuard.watch() : () => {}),
      untilReady: (mentions, signal) => this.#untilReady(mentions, signal),
      onNames: (plan) => {
        forgetReferenceNames([...plan.declares, ...plan.assigns]);
        addPromptVariables([...plan.declares, ...plan.assigns]);
        for (const { local, specifier, imported } of plan.imports) {
          const url = moduleUrl(specifier);
          if (url) addReferenceName(local, { url, exported: imported });
        }
      },
    });
  }

  isIncomplete(text: string): boolean {
    return /^[?;.]/.test(text) ? false : this.#runner.isIncomplete(text);
  }

  highlight(text: string): string {
    return this.#options.colours ? highlight(text) : text;
  }

  /** Two blanks for each line that leaves a bracket open. */
  indentAfter(text: string): number {
    const open = tokenize(text).filter((t) => t.kind === "punctuator" && /[([{]/.test(t.text) && t.match < 0);
    return 2 * new Set(open.map((t) => text.lastIndexOf("\n", t.start))).size;
  }

  complete(text: string, cursor: number): Promise<Completion> {
    return complete(text, cursor, this.#completionState());
  }

  interrupt(): boolean {
    return this.#runner.interrupt();
  }

  describe(error: unknown): string {
    return this.#runner.describe(error);
  }

  /** Runs what was entered and prints what it gives. Never rejects. */
  async run(text: string): Promise<void> {
    const { print } = this.#options;
    try {
      if (text.startsWith("?")) print(helpText(text.slice(1).trim(), this.#options.columns(), this.#options.colours));
      else if (text.startsWith(";")) await this.#shell(text.slice(1));
      else if (/^\.[a-z]/.test(text)) await this.#command(text);
      else await this.runCode(text);
    } catch (error) {
      print(this.describe(error));
    }
  }

  async runCode(text: string): Promise<void> {
    const outcome = await this.#runner.run(text);
    const shown = await this.#showOutcome(outcome);
    if (shown !== undefined) this.#options.print(shown);
  }

  async #showOutcome(outcome: Outcome): Promise<string | undefined> {
    if (outcome.kind === "error") return outcome.text;
    if (outcome.kind === "nothing") return undefined;
    const { columns, rows, colours } = this.#options;
    try {
      if (outcome.value instanceof Error) return this.describe(outcome.value);
      return await this.#runner.interruptible((signal) =>
        show(outcome.value, { columns: columns(), rows: rows(), colours, signal }),
      );
    } catch (error) {
      return `the value cannot be shown: ${this.describe(error)}`;
    }
  }

  async #shell(command: string): Promise<void> {
    if (command.trim() === "") return;
    const status = await this.#options.withTerminal(() => runShell(command));
    if (status !== 0) this.#options.print(`(status ${status})`);
  }

  async #command(text: string): Promise<void> {
    const { columns, print, cluster, leave, editText } = this.#options;
    await runCommand(text, {
      cluster,
      columns: columns(),
      print,
      leave,
      editText,
      entries: () => this.#runner.log.texts,
      runCode: (code) => this.runCode(code),
      interruptible: (work) => this.#runner.interruptible(work),
    });
  }

  /** Entries that name a process, a function of the cluster or something unknown wait until the workers are there. */
  async #untilReady(mentions: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    if (this.#isReady) return;
    const needs = [...mentions].some((name) => CLUSTER_NAMES.test(name) || !(name in globalThis));
    if (!needs) return;
    signal.throwIfAborted();
    await Promise.race([
      this.#options.ready.catch(() => {}),
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
    ]);
  }

  #completionState(): CompletionState {
    const { cluster } = this.#options;
    const platform = new Set(this.#platform);
    const topics = new Set(helpTopics());
    return {
      sessionNames: () => Object.getOwnPropertyNames(globalThis).filter((n) => !platform.has(n) || topics.has(n)),
      platformNames: () =>
        [...this.#platform, ...Object.getOwnPropertyNames(Object.prototype)].filter((n) => n[0] !== "$"),
      lookUp: (name) =>
        Object.getOwnPropertyDescriptor(globalThis, name)?.value ??
        (builtinModules.includes(name) ? (globalThis as Record<string, unknown>)[name] : undefined),
      list: listFolder,
      packages: () => [
        ...builtinModules.filter((n) => n[0] !== "_"),
        ...listFolder("node_modules").map((n) => n.replace(/\/$/, "")),
      ],
      remoteNames: async (pid) => {
        if (!cluster.workers().includes(pid)) return [];
        const soon = new Promise<[]>((resolve) => setTimeout(resolve, REMOTE_NAMES_MS, []));
        return Promise.race([
          cluster.whos(pid, this.#platform).then(
            (list) => list.map((v) => v.name),
            () => [],
          ),
          soon,
        ]);
      },
      helpTopics,
      signature: (name) => helpEntry(name)?.signature.split("   ").join("\n"),
      commands: () => commandNames,
    };
  }
}

/** The modules of Node that the prompt has as variables are modules where its functions run. */
function tellNames(): void {
  for (const name of builtinModules) {
    if (Object.hasOwn(globalThis, name)) addReferenceName(name, { url: `node:${name}`, exported: "default" });
  }
}

/** Tab waits this long for a worker to tell its names. */
const REMOTE_NAMES_MS = 200;
/** Functions whose result depends on the workers. */
const CLUSTER_NAMES =
  /^(?:\$tjulia|n?procs|n?workers|addprocs|rmprocs|interrupt|remotecall\w*|remote\w*|spawn\w*|fetchfrom|everywhere|using|pmap|parallel|RemoteRef|RemoteChannel|WorkerPool|CachingPool|status|whos|d[a-z]+|distribute|sharedArray)$/;

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder.replace(/^~(?=\/|$)/, homedir()), { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name,
    );
  } catch {
    return [];
  }
}

/** The URL of what was imported, where it is certain: built into Node, or a file. Packages travel by value. */
function moduleUrl(specifier: string): string | undefined {
  if (builtinModules.includes(specifier)) return `node:${specifier}`;
  if (/^(node|file):/.test(specifier)) return specifier;
  if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, `file://${process.cwd()}/`).href;
  return undefined;
}
