/**
 * The terminal while a prompt is open: the line being typed at the bottom, everything else above it. All that this process and
 * its workers write on stdout and stderr passes through here. Output that comes while a line is being typed is gathered and
 * written at most thirty times a second, in one write with the line redrawn below it, so that typing never waits for it.
 */
import { writeSync } from "node:fs";
import type { WriteStream } from "node:tty";
import type { InputView } from "./input-view.ts";

const FLUSH_MS = 33;
/** Text without a line end waits this long for the rest of its line. */
const PARTIAL_MS = 150;
/** Written at once at most, so that a key pressed in a flood waits for this much and no more. */
const CHUNK_CHARS = 64 * 1024;
/** Above this, writers are told to wait for "drain". */
const FULL_CHARS = 256 * 1024;
/** Held back at most; what writes more than a terminal shows is made to wait. */
const HELD_CHARS = 4 * 1024 * 1024;

type Write = WriteStream["write"];
/** A terminal that this process writes to. */
type Terminal = WriteStream & { readonly fd: number };

export class Screen {
  readonly #output: Terminal;
  readonly #streams: { stream: Terminal; write: Write; partial: string }[];
  #view: InputView | undefined;
  #held = "";
  #timer: NodeJS.Timeout | undefined;
  #lastFlush = 0;
  #lastPartial = 0;
  #endsLine = true;

  /** Takes over `process.stdout` and `process.stderr` where they are terminals, until `release`. */
  constructor(output: WriteStream) {
    this.#output = output as Terminal;
    const streams = [process.stdout, process.stderr].filter((s) => s.isTTY) as Terminal[];
    this.#streams = streams.map((stream) => ({ stream, write: stream.write.bind(stream) as Write, partial: "" }));
    for (const entry of this.#streams) {
      entry.stream.write = ((chunk: unknown, encoding?: unknown, callback?: unknown) => {
        const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString();
        if (this.#view) this.#hold(entry, text);
        else this.#pass(entry.stream, text);
        const done = typeof encoding === "function" ? encoding : callback;
        if (typeof done === "function") process.nextTick(done as () => void);
        return this.#held.length < FULL_CHARS;
      }) as Write;
    }
  }

  get columns(): number {
    return this.#output.columns || 80;
  }

  get rows(): number {
    return this.#output.rows || 24;
  }

  /** Writes as it is, past all bookkeeping of lines. */
  raw(text: string): void {
    writeAll(this.#output.fd, text);
  }

  /** Shows the line being typed; from now on everything else appears above it. */
  draw(view: InputView): void {
    let text = "";
    if (!this.#view && !this.#endsLine) text += "\r\n";
    text += this.#eraseInput() + paint(view);
    this.#view = view;
    this.#endsLine = true;
    this.raw(text);
  }

  /** The line has been typed: the cursor goes below it, and output is written as it comes. */
  finishInput(last?: InputView): void {
    if (!this.#view) return;
    const view = last ?? this.#view;
    const below = "\r\n".repeat(Math.max(1, view.rows - view.cursorRow));
    this.raw((last ? this.#eraseInput() + paint(last) : "") + below);
    this.#view = undefined;
    this.#flushAll();
  }

  /** The terminal has other dimensions and has moved the rows of the line being typed; `view` is how it lies now. */
  resized(view: InputView): void {
    if (this.#view) this.#view = view;
  }

  /** Clears the screen and shows the line being typed at its top. */
  clear(): void {
    const view = this.#view;
    this.raw(`\u001b[H\u001b[2J${view ? paint(view) : ""}`);
  }

  /** Writes text on lines of its own: above the line being typed, or after what was written. */
  print(text: string): void {
    if (text === "") return;
    const lines = text.endsWith("\n") ? text : `${text}\n`;
    if (this.#view) {
      this.#held += lines;
      this.#flushSome();
    } else {
      this.raw((this.#endsLine ? "" : "\r\n") + lines);
      this.#endsLine = true;
    }
  }

  /** Something else wrote on the terminal and left the cursor within a line. */
  brokeLine(): void {
    this.#endsLine = false;
  }

  /** Gives the streams back; nothing that was held is lost. */
  release(): void {
    this.finishInput();
    this.#flushAll();
    for (const { stream, write } of this.#streams) stream.write = write;
  }

  #pass(stream: Terminal, text: string): void {
    if (text === "") return;
    writeAll(stream.fd, text);
    this.#endsLine = text.endsWith("\n");
  }

  #hold(entry: { partial: string }, text: string): void {
    const end = text.lastIndexOf("\n") + 1;
    if (end > 0) {
      this.#held += entry.partial + text.slice(0, end);
      entry.partial = "";
    }
    if (end < text.length) {
      entry.partial += text.slice(end);
      this.#lastPartial = performance.now();
    }
    if (this.#held.length > HELD_CHARS) this.#flushAll();
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#timer) return;
    const wait = Math.max(0, this.#lastFlush + FLUSH_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#takePartials(performance.now() - this.#lastPartial > PARTIAL_MS);
      this.#flushSome();
    }, wait);
  }

  /** Text whose line end did not come in time gets one: the line being typed starts at the left edge. */
  #takePartials(isDue: boolean): void {
    for (const entry of this.#streams) {
      if (isDue && entry.partial !== "") {
        this.#held += `${entry.partial}\n`;
        entry.partial = "";
      }
    }
  }

  #flushSome(): void {
    let text = this.#held;
    if (text.length > CHUNK_CHARS) text = text.slice(0, text.lastIndexOf("\n", CHUNK_CHARS) + 1 || CHUNK_CHARS);
    const wasFull = this.#held.length >= FULL_CHARS;
    this.#held = this.#held.slice(text.length);
    if (wasFull && this.#held.length < FULL_CHARS) for (const { stream } of this.#streams) stream.emit("drain");
    if (text !== "") this.raw(this.#view ? this.#eraseInput() + text + paint(this.#view) : text);
    this.#lastFlush = performance.now();
    if (this.#held !== "" || this.#streams.some((s) => s.partial !== "")) this.#schedule();
  }

  #flushAll(): void {
    this.#takePartials(true);
    const text = this.#held;
    this.#held = "";
    if (text.length >= FULL_CHARS) for (const { stream } of this.#streams) stream.emit("drain");
    if (text !== "") this.raw(this.#view ? this.#eraseInput() + text + paint(this.#view) : text);
  }

  /**
   * Row by row: to erase all that is below the cursor in one go would be, at the top of the screen, to clear the screen, and what is
   * cleared some terminals (tmux) keep in their scrollback, a copy of the line for every key.
   */
  #eraseInput(): string {
    const { rows, cursorRow } = this.#view ?? { rows: 1, cursorRow: 0 };
    return `${up(cursorRow)}\r\u001b[K${"\u001b[B\u001b[K".repeat(rows - 1)}${up(rows - 1)}`;
  }
}

function up(rows: number): string {
  return rows > 0 ? `\u001b[${rows}A` : "";
}

/**
 * Straight to the terminal, past Node's stream: Ctrl-C may cut an entry off within a write, and a stream that was left in the middle of
 * one never writes again.
 */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") return; // the terminal is gone
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** From the left edge of the first row to the cursor's place. */
function paint(view: InputView): string {
  const right = view.cursorColumn;
  return `${view.lines.join("\r\n")}${up(view.rows - 1 - view.cursorRow)}\r${right > 0 ? `\u001b[${right}C` : ""}`;
}
