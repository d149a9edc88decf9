/**
 * The interactive prompt: `startPrompt` greets, reads entries, runs them and shows what they give, until the user leaves. What is
 * not needed to show the first prompt is loaded behind it: the runtime by `openCluster`, parser, compilers and help by session.ts.
 */
import { InterruptError } from "../../errors.ts";
import { type Asker, setAsker } from "../../managers/asker.ts";
import { banner, promptText } from "./banner.ts";
import type { ClusterView } from "./cluster-view.ts";
import { History, historyFile } from "./history.ts";
import { LineEditor, type Read } from "./line-editor.ts";
import { PlainInput } from "./plain-input.ts";
import { Screen } from "./screen.ts";
import type { Session } from "./session.ts";
import { readStartupFile, startupFile } from "./startup-file.ts";

export interface PromptOptions {
  version: string;
  /** Loads the library, makes its names globals and begins to start workers. Called when the first prompt is on the screen. */
  openCluster(): Promise<OpenCluster>;
  /** No banner. */
  quiet?: boolean;
  /** Colours. Default: whether stdout is a terminal that has them. */
  color?: boolean;
  /** Whether ~/.config/tjl/startup.ts is run first. Default: true. */
  startup?: boolean;
  /** How many workers were asked for, for the banner. Undefined: nobody knows yet. */
  workers: number | undefined;
  /** Code of -e or -E with -i: the first entry, run once the workers are there. */
  first?: string;
}

export interface OpenCluster {
  cluster: ClusterView;
  /** Settles when the workers have joined and the -L files are loaded; entries that need them wait. A failure is told. */
  ready: Promise<unknown>;
  /** Makes Node's loader know TypeScript; awaited before the first import of the session. */
  prepareLoader(): Promise<void> | void;
}

/** Runs the prompt on standard input and output. The exit status, when the user leaves; workers are the caller's to end. */
export function startPrompt(options: PromptOptions): Promise<number> {
  return new Prompt(options).run();
}

class Prompt {
  readonly #options: PromptOptions;
  readonly #isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY && process.env.TERM !== "dumb");
  readonly #colours: boolean;
  #screen: Screen | undefined;
  #editor: LineEditor | undefined;
  #session: Session | undefined;
  #cluster: ClusterView | undefined;
  #lost = 0;
  #status: number | undefined;
  /** Set after a first Ctrl-C at an empty line, or a first Ctrl-D with work running. */
  #wasWarned = false;
  /** Another program has the terminal. */
  #isAway = false;
  #onStatus: ((status: number) => void) | undefined;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#colours =
      options.color ?? (process.stdout.isTTY && process.stdout.getColorDepth() > 1 && !process.env.NO_COLOR);
  }

  async run(): Promise<number> {
    const { quiet, version, workers, startup = true } = this.#options;
    const file = startup ? startupFile() : undefined;
    if (this.#isTerminal) this.#screen = new Screen(process.stdout);
    if (!quiet)
      this.#print(banner({ version, node: process.versions.node, workers, startupFile: file }, this.#colours));
    const stopListening = this.#listen();
    const loading = this.#load(file);
    loading.catch((error) => this.#giveUp(error));
    if (this.#isTerminal) this.#openEditor(loading);
    const input = this.#editor ?? new PlainInput(process.stdin, (text) => this.#session?.isIncomplete(text) ?? false);
    setAsker(await this.#asker(input), { ownsTerminal: true });
    if (!this.#isTerminal) await loading;
    try {
      while (this.#status === undefined) await this.#turn(input);
    } finally {
      setAsker(undefined);
      this.#editor?.close();
      this.#screen?.release();
      stopListening();
    }
    return this.#status;
  }

  /** What managers want to know is asked in place of the line; without an editor, at the terminal that there may be all the same. */
  async #asker(input: LineEditor | PlainInput): Promise<Asker | undefined> {
    if (input instanceof LineEditor) return (question, options) => input.questions.ask(question, options);
    const { ask, hasTerminal } = await import("../ask-terminal.ts");
    return hasTerminal() ? (question, options) => input.away(() => ask(question, options)) : undefined;
  }

  /** Reads one entry and runs it; or leaves. */
  async #turn(input: LineEditor | PlainInput): Promise<void> {
    const left = new Promise<Read>((resolve) => (this.#onStatus = () => resolve({ kind: "end" })));
    const read = await Promise.race([input.read(this.#prompt()), left]);
    if (this.#status !== undefined) return;
    if (read.kind !== "entry") return this.#maybeLeave(read.kind);
    this.#wasWarned = false;
    this.#lost = 0;
    await Promise.race([this.#session?.run(read.text), left]);
  }

  #prompt(): string {
    if (!this.#isTerminal) return "";
    return promptText(this.#cluster?.workers().length ?? 0, this.#lost, this.#colours);
  }

  /** Ctrl-D leaves, a second Ctrl-C too; with work running it is asked once. */
  #maybeLeave(kind: "interrupt" | "end"): void {
    const running = this.#cluster?.running() ?? 0;
    const asks = this.#isTerminal && !this.#wasWarned && (kind === "interrupt" || running > 0);
    if (!asks) {
      this.#status = 0;
      return;
    }
    this.#wasWarned = true;
    const work =
      running > 0
        ? `${running} call${running === 1 ? "" : "s"} still run${running === 1 ? "s" : ""} on the workers; `
        : "";
    this.#print(
      `(${work}${kind === "interrupt" ? "Ctrl-C again, or Ctrl-D," : "Ctrl-D again"} leaves${work && " and ends the workers"})`,
    );
  }

  #openEditor(loading: Promise<void>): void {
    const screen = this.#screen as Screen;
    const session = () => this.#session as Session;
    this.#editor = new LineEditor({
      screen,
      history: new History(historyFile()),
      loaded: loading,
      isIncomplete: (text) => session().isIncomplete(text),
      highlight: (text) => this.#session?.highlight(text) ?? text,
      complete: (text, cursor) => session().complete(text, cursor),
      indentAfter: (text) => session().indentAfter(text),
      onInterrupt: () => this.#interrupt(),
    });
  }

  /** After the first prompt has been drawn. */
  async #load(startup: string | undefined): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const { cluster, ready, prepareLoader } = await this.#options.openCluster();
    this.#cluster = cluster;
    const { Session } = await import("./session.ts");
    const editor = () => this.#editor as LineEditor;
    this.#session = new Session({
      cluster,
      colours: this.#colours,
      columns: () => this.#screen?.columns ?? 80,
      rows: () => this.#screen?.rows ?? 1000,
      isTerminal: this.#isTerminal,
      print: (text) => this.#print(text),
      interruptKey: this.#editor?.interruptKey ?? { on() {}, off() {}, pressed() {} },
      withTerminal: (fn) => this.#away(fn),
      editText: async (hint) => {
        if (!this.#editor) return undefined;
        this.#print(hint);
        const read = await editor().readText();
        return read.kind === "entry" ? read.text : undefined;
      },
      leave: (status) => this.#leave(status),
      ready,
      prepareLoader,
    });
    ready.catch((error) => this.#report(error)).finally(() => this.#editor?.setPrompt(this.#prompt()));
    cluster.onDeath(({ reason }) => this.#onDeath(reason));
    if (startup) await this.#session.runCode(`${readStartupFile(startup)}\n;`);
    const { first } = this.#options;
    if (first === undefined) return;
    await ready.catch(() => {}); // told above
    await this.#session.runCode(first);
  }

  /** Without the library there is nothing to prompt for. */
  #giveUp(error: unknown): void {
    this.#report(error);
    this.#leave(1);
  }

  #leave(status: number): void {
    this.#status = status;
    this.#onStatus?.(status);
  }

  async #away<R>(fn: () => Promise<R>): Promise<R> {
    this.#isAway = true;
    try {
      return await (this.#editor ? this.#editor.away(fn) : fn());
    } finally {
      this.#isAway = false;
    }
  }

  #interrupt(): void {
    if (this.#isAway || this.#session?.interrupt()) return;
    if (!this.#isTerminal) this.#leave(130);
  }

  #print(text: string): void {
    if (this.#screen) this.#screen.print(text);
    else if (text !== "") process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  #report(error: unknown): void {
    if (!(error instanceof InterruptError)) this.#print(this.#session?.describe(error) ?? String(error));
  }

  #onDeath(reason: string): void {
    this.#lost++;
    this.#print(this.#colours ? `\u001b[33m${reason}\u001b[39m` : reason);
    this.#editor?.setPrompt(this.#prompt());
  }

  /** Errors that nobody waits for and Ctrl-C as a signal, for as long as the prompt is open. */
  #listen(): () => void {
    const report = (error: unknown) => this.#report(error);
    const interrupt = () => (this.#editor ? this.#editor.pressInterrupt() : this.#interrupt());
    process.on("uncaughtException", report);
    process.on("unhandledRejection", report);
    process.on("SIGINT", interrupt);
    return () => {
      process.off("uncaughtException", report);
      process.off("unhandledRejection", report);
      process.off("SIGINT", interrupt);
    };
  }
}
