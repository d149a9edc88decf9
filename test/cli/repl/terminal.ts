/**
 * A program on a real pseudo-terminal, seen through an emulated screen. Tests type and wait for what the screen shows, never for
 * escape sequences or for time to pass.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { cleanEnvironment, tjlPath } from "../../support/run-tjl.ts";

const PROMPT_LINE = /^(?:tjl(?:\[[^\]]*\])?|help|shell)>/;

export interface TerminalOptions {
  args?: string[];
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  cwd?: string;
  /** The home folder; its history and startup file are used. Default: an empty one. */
  home?: string;
}

export class Terminal {
  readonly #pty;
  readonly #emulator;
  readonly #home: string;
  readonly #ownsHome: boolean;
  /** The exit status as a shell counts it, once it has ended. */
  status: number | undefined;
  /** All that was written, escape sequences and all. */
  raw = "";

  constructor({ args = [], columns = 80, rows = 24, env = {}, cwd, home }: TerminalOptions = {}) {
    this.#ownsHome = home === undefined;
    this.#home = home ?? mkdtempSync(join(tmpdir(), "tjl-home-"));
    this.#emulator = new xterm.Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true });
    this.#pty = spawn(process.execPath, [tjlPath, ...args], {
      cols: columns,
      rows,
      cwd: cwd ?? process.cwd(),
      name: "xterm-256color",
      env: {
        ...cleanEnvironment(),
        HOME: this.#home,
        XDG_CONFIG_HOME: join(this.#home, ".config"),
        XDG_STATE_HOME: join(this.#home, ".local", "state"),
        TERM: "xterm-256color",
        ...env,
      } as Record<string, string>,
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#emulator.write(data);
    });
    // Terminals answer questions about themselves; so does this one.
    this.#emulator.onData((data) => this.#pty.write(data));
    this.#pty.onExit(({ exitCode, signal }) => (this.status = signal ? 128 + signal : exitCode));
  }

  /** The rows that hold text, from the first one that is remembered, or that row, trailing blanks cut. */
  lines(from = 0): string[] {
    const { active } = this.#emulator.buffer;
    const lines: string[] = [];
    for (let i = from; i < active.length; i++) {
      const line = active.getLine(i);
      const goesOn = active.getLine(i + 1)?.isWrapped ?? false;
      const text = line?.translateToString(!goesOn) ?? "";
      if (line?.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    for (const [i, text] of lines.entries()) lines[i] = text.trimEnd();
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  get text(): string {
    return this.lines().join("\n");
  }

  /** What stands on the screen, without what has scrolled away: quick to ask for in a flood. */
  get screen(): string {
    const { active } = this.#emulator.buffer;
    const rows = Array.from({ length: this.#emulator.rows }, (_, i) => active.getLine(active.baseY + i));
    return rows
      .map((row) => row?.translateToString(true) ?? "")
      .join("\n")
      .trimEnd();
  }

  /** The line with the cursor, and the column of the cursor. */
  get cursor(): { line: string; column: number } {
    const { active } = this.#emulator.buffer;
    const row = active.baseY + active.cursorY;
    return { line: active.getLine(row)?.translateToString(true) ?? "", column: active.cursorX };
  }

  /** The foreground colour at the first place of `text` on the screen; undefined for the terminal's own. */
  colourOf(text: string): number | undefined {
    const { active } = this.#emulator.buffer;
    for (let i = 0; i < active.length; i++) {
      const line = active.getLine(i);
      const at = line?.translateToString(true).indexOf(text) ?? -1;
      const cell = at >= 0 ? line?.getCell(at) : undefined;
      if (cell) return cell.isFgDefault() ? undefined : cell.getFgColor();
    }
    return undefined;
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  /** Types a line and Enter. */
  enter(line: string): void {
    this.type(`${line}\r`);
  }

  /** Types an entry, and waits until its result is there and the next prompt is open. What was printed between. */
  async run(entry: string, timeoutMs = 10_000): Promise<string> {
    // The line of the cursor, wherever it is when earlier ones have scrolled out of memory.
    const here = this.#emulator.registerMarker(0);
    const since = () => this.lines(Math.max(0, here?.line ?? 0));
    this.enter(entry);
    await this.until(
      `the next prompt after ${JSON.stringify(entry)}`,
      () => this.isAtPrompt() && since().filter((line) => PROMPT_LINE.test(line)).length > 1,
      timeoutMs,
    );
    const lines = since().slice(0, -1);
    return lines.slice(lines.findIndex((line) => PROMPT_LINE.test(line)) + entry.split("\n").length).join("\n");
  }

  isAtPrompt(): boolean {
    return /^tjl(\[[^\]]*\])?>$/.test(this.lines().at(-1) ?? "");
  }

  /** Waits until the text on the screen matches. */
  async see(pattern: RegExp | string, timeoutMs = 10_000): Promise<void> {
    const test = () => (typeof pattern === "string" ? this.text.includes(pattern) : pattern.test(this.text));
    await this.until(`${pattern} on the screen`, test, timeoutMs);
  }

  async until(what: string, test: () => boolean, timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!test()) {
      if (performance.now() > deadline) {
        throw new Error(
          `waited ${timeoutMs / 1000} s for ${what}; the screen:\n${this.text}\n(exit status ${this.status})`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async exited(timeoutMs = 10_000): Promise<number> {
    await this.until("the end of the program", () => this.status !== undefined, timeoutMs);
    return this.status as number;
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows);
    this.#emulator.resize(columns, rows);
  }

  /** Ends it if it has not ended, waits for that, removes its files. */
  async close(): Promise<void> {
    if (this.status === undefined) this.#pty.kill("SIGKILL");
    await this.exited().catch(() => {});
    this.#emulator.dispose();
    if (this.#ownsHome) await this.until("the end of its workers", () => removed(this.#home));
  }
}

/** Workers of a program that was killed may write into its home until they have noticed. */
function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** Opens a prompt, hands it over when it is ready, closes it whatever happens. */
export async function withPrompt<R>(options: TerminalOptions, fn: (terminal: Terminal) => Promise<R>): Promise<R> {
  const terminal = new Terminal(options);
  try {
    await terminal.until("the first prompt", () => terminal.isAtPrompt(), 15_000);
    return await fn(terminal);
  } finally {
    await terminal.close();
  }
}
