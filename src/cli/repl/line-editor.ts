/**
 * The line editor: node:repl's own editing (words, kill ring, undo) under our keys for entries of several lines, history,
 * search, paste and completion. `read` gives one entry at a time; keys typed meanwhile wait for the next one. Longer than other files,
 * because all keys change the same line; what can be told without it is in files of its own. Why not node:repl as a whole:
 * docs/decisions/004-the-prompt-draws-for-itself.md.
 */
import { commonPrefix, inColumns } from "./candidates.ts";
import type { Completion } from "./completion.ts";
import { editLine, isVertical, type Key, type Server, startServer } from "./edit-server.ts";
import type { History } from "./history.ts";
import { HistorySearch } from "./history-search.ts";
import { HistoryWalk } from "./history-walk.ts";
import { type InputView, lineAndColumn, offsetOnLine, viewInput, withTyped } from "./input-view.ts";
import type { InterruptKey } from "./interrupt-guard.ts";
import { cleanPaste, entriesOfCopiedSession } from "./paste.ts";
import { Questions } from "./questions.ts";
import type { Screen } from "./screen.ts";

export interface EditorOptions {
  screen: Screen;
  history: History;
  isIncomplete(text: string): boolean;
  highlight(text: string): string;
  complete(text: string, cursor: number): Promise<Completion>;
  /** How far the next line is indented after `text`. */
  indentAfter(text: string): number;
  /** Ctrl-C while an entry runs. */
  onInterrupt(): void;
  /** Until this has resolved, keys that need the session (Enter, Tab) wait, and so do all after them. */
  loaded: Promise<void>;
}

const PASTE_ON = "\u001b[?2004h";
const PASTE_OFF = "\u001b[?2004l";

/** What ended a line: an entry, Ctrl-C at an empty line, or Ctrl-D there and the end of input. */
export type Read = { kind: "entry"; text: string } | { kind: "interrupt" } | { kind: "end" };

export class LineEditor {
  readonly #server: Server;
  readonly #options: EditorOptions;
  #prompt = "";
  #reader: ((read: Read) => void) | undefined;
  #waiting: [string | undefined, Key][] = [];
  /** Entries of a pasted session that have not run yet. */
  #pasted: string[] = [];
  #pasteEndsOpen = false;
  #isEnded = false;
  readonly #walk: HistoryWalk;
  #search: HistorySearch | undefined;
  #paste: string | undefined;
  #lastKey: Key | undefined;
  #isLoaded = false;
  /** Tab waits for its candidates; what is typed meanwhile comes after them. */
  #isCompleting = false;
  /** `.editor`: Enter begins a line, Ctrl-D ends the entry. */
  #isText = false;
  /** Another program has the terminal. */
  #isAway = false;

  /** What others want to know; it stands where the line is, which comes back afterwards. */
  readonly questions = new Questions({
    isFree: () => !this.#isAway && this.#paste === undefined,
    draw: () => this.#draw(),
    close: () => {
      this.#options.screen.finishInput();
      this.#proceed();
    },
  });

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#walk = new HistoryWalk(options.history);
    this.#server = startServer();
    const server = this.#server;
    server._refreshLine = () => this.#draw();
    server._insertString = (text) => this.#insert(text);
    server._moveCursor = (by) => {
      server.cursor = Math.min(Math.max(0, server.cursor + by), server.line.length);
      this.#draw();
    };
    server._ttyWrite = (text, key = {}) => this.questions.take(text, key) || this.#onKey(text, key);
    server.on("close", () => this.#end());
    // After Ctrl-Z and the shell's fg; readline has paused its input.
    server.on("SIGCONT", () => {
      server.resume();
      options.screen.raw(PASTE_ON);
    });
    process.stdout.on("resize", () => {
      options.screen.resized(this.#view());
      this.#draw();
    });
    options.screen.raw(PASTE_ON);
    void options.loaded.then(() => {
      this.#isLoaded = true;
      this.#draw();
      this.#replay();
    });
  }

  /** Shows the prompt and waits for an entry. */
  read(prompt: string): Promise<Read> {
    this.#prompt = prompt;
    return new Promise((resolve) => {
      this.#reader = resolve;
      this.#proceed();
    });
  }

  /** Goes on with the line: what was pasted or typed ahead, then what is typed. */
  #proceed(): void {
    if (!this.#reader || this.questions.shown !== undefined) return;
    const text = this.#pasted.shift();
    if (text !== undefined) {
      this.#setText(text);
      if (this.#pasted.length > 0 || !this.#pasteEndsOpen) return this.#submit();
    }
    process.stdin.resume(); // an entry may have paused it
    if (this.#isEnded) return this.#give({ kind: "end" });
    this.#draw();
    if (this.#isLoaded) this.#replay();
  }

  /** Reads a text of several lines: Ctrl-D ends it, Ctrl-C gives it up. */
  async readText(): Promise<Read> {
    this.#isText = true;
    try {
      return await this.read("");
    } finally {
      this.#isText = false;
    }
  }

  /** Keys that came while an entry ran, or before the session was loaded, are taken now. */
  #replay(): void {
    if (this.questions.shown !== undefined) return;
    const keys = this.#waiting;
    this.#waiting = [];
    for (const [text, key] of keys) this.#onKey(text, key);
  }

  readonly interruptKey: InterruptKey = {
    on: () => this.#server._setRawMode(false),
    off: () => this.#server._setRawMode(true),
    pressed: () => this.#options.screen.brokeLine(),
  };

  /** The prompt has other words; shown at once when a line is being typed. */
  setPrompt(prompt: string): void {
    this.#prompt = prompt;
    this.#draw();
  }

  /** Gives the terminal to another program. */
  async away<R>(fn: () => Promise<R>): Promise<R> {
    const server = this.#server;
    this.#isAway = true;
    server.pause();
    server._setRawMode(false);
    this.#options.screen.raw(PASTE_OFF);
    try {
      return await fn();
    } finally {
      this.#isAway = false;
      server._setRawMode(true);
      server.resume();
      this.#options.screen.raw(PASTE_ON);
    }
  }

  /** Ctrl-C came as a signal. */
  pressInterrupt(): void {
    this.#server._ttyWrite(undefined, { name: "c", ctrl: true });
  }

  /** Forgets what was typed ahead: after Ctrl-C nothing more should run by itself. */
  dropTypedAhead(): void {
    this.#waiting = [];
    this.#pasted = [];
  }

  close(): void {
    this.#options.screen.raw(PASTE_OFF);
    this.#server.close();
  }

  #end(): void {
    this.#isEnded = true;
    this.questions.close();
    this.#give({ kind: "end" });
  }

  #give(read: Read): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (!reader) return;
    this.#options.screen.finishInput();
    this.#server.line = "";
    this.#server.cursor = 0;
    this.#walk.end();
    reader(read);
  }

  #submit(): void {
    const text = this.#server.line;
    this.#server.cursor = text.length;
    this.#draw();
    this.#options.history.add(text);
    this.#give({ kind: "entry", text });
  }

  #onKey(text: string | undefined, key: Key): void {
    const isInterrupt = key.ctrl && key.name === "c";
    const needsSession =
      key.name === "return" || key.name === "enter" || key.name === "tab" || this.#waiting.length > 0;
    const mustWait = this.#isCompleting || (!this.#isLoaded && needsSession);
    if (!this.#reader || (mustWait && !isInterrupt)) {
      if (isInterrupt) {
        this.dropTypedAhead();
        this.#options.onInterrupt();
      } else this.#waiting.push([text, key]);
      return;
    }
    if (this.#paste !== undefined || key.name === "paste-start") {
      this.#onPaste(text, key);
      return;
    }
    if (this.#search) {
      this.#onSearchKey(this.#search, text, key);
      return;
    }
    const previous = this.#lastKey;
    this.#lastKey = key;
    if (!isVertical(key)) this.#walk.pause();
    const action = this.#action(key, previous);
    if (action) action();
    else editLine(this.#server, text, key);
  }

  /** What a key does that is not left to readline. */
  #action(key: Key, previous: Key | undefined): (() => void) | undefined {
    const server = this.#server;
    const { line, cursor } = server;
    const at = lineAndColumn(line, cursor);
    const lineEnd = line.indexOf("\n", cursor) < 0 ? line.length : line.indexOf("\n", cursor);
    if (key.name === "return" || key.name === "enter") {
      const isOpen = key.meta || this.#isText || this.#options.isIncomplete(line);
      return () => (isOpen ? this.#newline() : this.#submit());
    }
    if (key.name === "tab" && !key.shift) {
      const isIndent = line.slice(at.start, cursor).trim() === "" && line !== "";
      return () => (isIndent ? this.#insert("  ") : void this.#complete(previous?.name === "tab"));
    }
    if (key.name === "up" || (key.ctrl && key.name === "p")) return () => this.#vertical(-1);
    if (key.name === "down" || (key.ctrl && key.name === "n")) return () => this.#vertical(1);
    if (key.name === "home" || (key.ctrl && key.name === "a")) return () => server._moveCursor(at.start - cursor);
    if (key.name === "end" || (key.ctrl && key.name === "e")) return () => server._moveCursor(lineEnd - cursor);
    if (!key.ctrl) return undefined;
    if (key.name === "c") return () => this.#interrupt();
    if (key.name === "d" && this.#isText && line !== "") return () => this.#submit();
    if (key.name === "d" && line === "") return () => this.#give({ kind: "end" });
    if (key.name === "r") return () => this.#startSearch();
    if (key.name === "l") return () => this.#options.screen.clear();
    if (key.name === "k") return () => this.#withinLine(0, lineEnd, () => server._deleteLineRight());
    if (key.name === "u") return () => this.#withinLine(at.start, line.length, () => server._deleteLineLeft());
    return undefined;
  }

  /** readline's line commands know one line; they see only the part they may change. */
  #withinLine(start: number, end: number, command: () => void): void {
    const server = this.#server;
    const [before, after] = [server.line.slice(0, start), server.line.slice(end)];
    server.line = server.line.slice(start, end);
    server.cursor -= start;
    command();
    server.line = before + server.line + after;
    server.cursor += start;
    this.#draw();
  }

  #interrupt(): void {
    const isEmpty = this.#server.line === "";
    this.#server.cursor = this.#server.line.length;
    this.#draw();
    if (isEmpty || this.#isText) {
      this.#give({ kind: "interrupt" });
      return;
    }
    this.#options.screen.finishInput();
    this.#setText("");
    this.#draw();
  }

  #insert(text: string): void {
    const { line, cursor } = withTyped(text, this.#server.line, this.#server.cursor);
    this.#setText(line, cursor);
    this.#draw();
  }

  #newline(): void {
    const before = this.#server.line.slice(0, this.#server.cursor);
    this.#insert(`\n${" ".repeat(this.#options.indentAfter(before))}`);
  }

  #setText(text: string, cursor = text.length): void {
    this.#server.line = text;
    this.#server.cursor = cursor;
  }

  /** Up and down move within an entry of several lines, and beyond its edges through the history. */
  #vertical(by: 1 | -1): void {
    const server = this.#server;
    const { line, cursor } = server;
    const target = offsetOnLine(line, cursor, by);
    if (target !== undefined) {
      server._moveCursor(target - cursor);
      return;
    }
    const entry = this.#walk.step(by, line, cursor);
    if (entry === undefined) return;
    this.#setText(entry);
    this.#draw();
  }

  #onPaste(text: string | undefined, key: Key): void {
    if (key.name === "paste-start") this.#paste = "";
    else if (key.name !== "paste-end") this.#paste += key.sequence ?? text ?? "";
    else {
      const pasted = cleanPaste(this.#paste ?? "");
      this.#paste = undefined;
      const session = this.#server.line === "" && entriesOfCopiedSession(pasted, this.#options.isIncomplete);
      if (!session) {
        this.#insert(pasted.replace(/\n+$/, ""));
        return;
      }
      this.#pasted = session.entries;
      this.#pasteEndsOpen = session.endsOpen;
      const reader = this.#reader;
      if (reader) void this.read(this.#prompt).then(reader);
    }
  }

  async #complete(isSecond: boolean): Promise<void> {
    const { line, cursor } = this.#server;
    this.#isCompleting = true;
    try {
      const completion = await this.#options.complete(line, cursor);
      if (this.#reader && this.#server.line === line) this.#offer(completion, isSecond);
    } catch {
      // An object that does not let its members be listed; nothing is offered.
    } finally {
      this.#isCompleting = false;
    }
    this.#replay();
  }

  /** A second Tab shows nothing anew: what can be offered stands above the line already. */
  #offer({ candidates, start, note }: Completion, isSecond: boolean): void {
    const { line, cursor } = this.#server;
    const { screen } = this.#options;
    if (note !== undefined && !isSecond) screen.print(note);
    if (note !== undefined || candidates.length === 0) return;
    const typed = line.slice(start, cursor);
    const common = commonPrefix(candidates);
    if (common.length > typed.length || (candidates.length === 1 && common !== typed)) {
      this.#setText(line.slice(0, start) + common + line.slice(cursor), start + common.length);
      this.#draw();
    } else if (candidates.length > 1 && !isSecond) screen.print(inColumns(candidates, screen.columns));
  }

  #startSearch(): void {
    const { line, cursor } = this.#server;
    this.#search = new HistorySearch(this.#options.history, { text: line, cursor });
    this.#draw();
  }

  #onSearchKey(search: HistorySearch, text: string | undefined, key: Key): void {
    const outcome = search.press(text, key);
    this.#setText(search.line.text, search.line.cursor);
    if (outcome !== "on") this.#search = undefined;
    this.#draw();
    if (outcome === "taken") this.#onKey(text, key);
  }

  #draw(): void {
    if (this.#reader || this.questions.shown !== undefined) this.#options.screen.draw(this.#view());
  }

  #view(): InputView {
    const { screen, highlight } = this.#options;
    const size = { columns: screen.columns, rows: Math.max(1, screen.rows - 1) };
    const asked = this.questions.shown;
    if (asked !== undefined) {
      return viewInput({ text: asked, cursor: asked.length }, { prompt: "", highlight: (text) => text, ...size });
    }
    const prompt = this.#search?.prompt ?? this.#prompt;
    return viewInput({ text: this.#server.line, cursor: this.#server.cursor }, { prompt, highlight, ...size });
  }
}
