/**
 * The bars of parallel maps: at the bottom of a terminal, on stderr, from two seconds after a map began until it ends. What the program
 * and its workers print meanwhile appears above them.
 */
import type { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { type Progress, setProgressSink } from "../parallel/progress.ts";
import { coloursOn } from "./endings.ts";

/** A map that is over sooner shows no bar. */
const WAIT_MS = 2000;
const REDRAW_MS = 100;
const BAR_CELLS = 24;

/** From now on maps of this process show a bar, where stderr is a terminal that can move its cursor. */
export function installProgressBar(): void {
  if (!process.stderr.isTTY || process.env.TERM === "dumb") return;
  const screen = new BarScreen();
  setProgressSink({
    begin(read) {
      const bar = () => progressLines(read(), coloursOn("stderr"));
      const timer = setTimeout(() => screen.add(bar), WAIT_MS);
      timer.unref();
      return {
        end() {
          clearTimeout(timer);
          screen.remove(bar);
        },
      };
    },
  });
}

/** What the bar of one map says: a line for the map, one for each worker on which elements failed. */
export function progressLines(progress: Progress, inColour: boolean): string[] {
  const { done, total, rate, remaining, elapsed, failures } = progress;
  const paint = (code: number, text: string) => (inColour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const share = total === undefined || total === 0 ? undefined : done / total;
  const parts = [
    "pmap",
    ...(share === undefined ? [] : [paint(36, barOf(share)), `${Math.floor(share * 100)} %`.padStart(5)]),
    total === undefined ? `${done} done` : `${done}/${total}`,
    `${rateOf(rate)}/s`,
    remaining === undefined ? durationOf(elapsed) : `${durationOf(remaining)} left`,
  ];
  const failing = failures.map(
    ({ pid, count, last }) =>
      `  ${paint(31, `worker ${pid}: ${count} failed`)}, ${count === 1 ? "" : "the last: "}${last}`,
  );
  return [parts.join("  "), ...failing];
}

function barOf(share: number): string {
  const eighths = Math.round(share * BAR_CELLS * 8);
  const rest = eighths % 8 === 0 ? "" : ("▏▎▍▌▋▊▉"[(eighths % 8) - 1] as string);
  return `${"█".repeat(Math.floor(eighths / 8))}${rest}`.padEnd(BAR_CELLS, "·");
}

function rateOf(rate: number): string {
  return rate >= 10 || rate === 0 ? String(Math.round(rate)) : rate.toPrecision(2);
}

function durationOf(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 90) return `${whole} s`;
  if (whole < 90 * 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

type Bar = () => string[];

/** The bars that are on the screen. While there are any, writing to stdout and stderr takes them away first. */
class BarScreen {
  readonly #bars = new Set<Bar>();
  #timer: NodeJS.Timeout | undefined;
  #linesDrawn = 0;
  #restore: (() => void)[] = [];
  /** Bars wait while the last line that was printed has no end. */
  #isAtLineStart = true;

  add(bar: Bar): void {
    this.#bars.add(bar);
    if (this.#timer) return;
    this.#restore = [this.#watch(process.stdout), this.#watch(process.stderr)];
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
    this.#draw();
  }

  remove(bar: Bar): void {
    if (!this.#bars.delete(bar) || this.#bars.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
    for (const restore of this.#restore) restore();
  }

  #draw(): void {
    if (!this.#isAtLineStart) return;
    const width = Math.max(20, (process.stderr.columns || 80) - 1);
    const lines = [...this.#bars].flatMap((bar) => bar()).slice(0, Math.max(1, (process.stderr.rows || 24) - 2));
    const text = lines.map((line) => cutTo(line, width)).join("\n");
    this.#write(`${this.#eraseCodes()}${text}\n`);
    this.#linesDrawn = lines.length;
  }

  #erase(): void {
    if (this.#linesDrawn === 0) return;
    this.#write(this.#eraseCodes());
    this.#linesDrawn = 0;
  }

  #eraseCodes(): string {
    return this.#linesDrawn > 0 ? `\x1b[${this.#linesDrawn}A\r\x1b[J` : "";
  }

  #write: (text: string) => void = (text) => void process.stderr.write(text);

  /** Puts itself before `write`; gives a function that takes it away again. */
  #watch(stream: NodeJS.WriteStream): () => void {
    if (!stream.isTTY) return () => {};
    const write = stream.write;
    if (stream === process.stderr) this.#write = (text) => void write.call(stream, text);
    const watched = (chunk: unknown, ...rest: unknown[]): boolean => {
      this.#erase();
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("latin1");
      if (text.length > 0) this.#isAtLineStart = text.endsWith("\n");
      return (write as (...args: unknown[]) => boolean).call(stream, chunk, ...rest);
    };
    stream.write = watched as Writable["write"] as NodeJS.WriteStream["write"];
    return () => {
      stream.write = write;
      this.#write = (text) => void process.stderr.write(text);
    };
  }
}

/** Cuts to so many visible characters; colours are given up when it has to. */
function cutTo(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}
