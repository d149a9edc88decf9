/**
 * Shows what a worker writes: whole lines, each under the worker's name, stdout on stdout and stderr on stderr. Reads no further
 * than the terminal or pipe takes it. A line without an end is shown when the worker ends.
 */
import { readSync } from "node:fs";
import type { Readable, Writable } from "node:stream";

export type OutputStream = "stdout" | "stderr";

/** Where the lines go. Gives false when it is full, and calls `drained` once it is not. */
export type OutputSink = (stream: OutputStream, text: Buffer, drained: () => void) => boolean;

const NEWLINE = 10;
/** A line longer than this is shown in pieces. */
const LONGEST_LINE = 1 << 20;
const LAST_LINES = 20;

let sink: OutputSink = (stream, text, drained) => {
  const out: Writable = process[stream];
  if (out.destroyed) return true;
  const wasTaken = out.write(text, (error) => {
    if (!error) return;
    spare(out);
    // Nobody reads any more: the worker is not to wait for that.
    drained();
  });
  if (!wasTaken) out.once("drain", drained);
  return wasTaken;
};

/** As with console.log, that nobody reads does not end the program, unless the program sees to its errors itself. */
function spare(out: Writable): void {
  if (out.listenerCount("error") > 0 || process.listenerCount("uncaughtException") > 0) return;
  out.once("error", () => {});
}

/** The prompt shows the lines above what is being typed. */
export function setOutputSink(replacement: OutputSink): void {
  sink = replacement;
}

const open = new Set<WorkerOutput>();

/** One stream of one worker. */
export class WorkerOutput {
  readonly #source: Readable;
  readonly stream: OutputStream;
  readonly #prefix: Buffer;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #last: string[] = [];
  #onLine: ((line: string) => "announced" | "other") | undefined;
  /** Resolves when the stream has ended and all of it has been shown. */
  readonly ended: Promise<void>;

  /** `onLine` sees each line until it says that the line was the announcement, which is not shown. */
  constructor(pid: number, source: Readable, stream: OutputStream, onLine?: (line: string) => "announced" | "other") {
    this.#source = source;
    this.stream = stream;
    this.#prefix = Buffer.from(`From worker ${pid}:\t`);
    this.#onLine = onLine;
    open.add(this);
    // A worker that says nothing does not keep this process from its end.
    (source as { unref?(): void }).unref?.();
    source.on("data", (chunk: Buffer | string) => this.#take(Buffer.from(chunk as string)));
    this.ended = new Promise((resolve) => {
      const end = () => {
        if (!open.delete(this)) return;
        this.#flush();
        resolve();
      };
      source.once("end", end).once("close", end).once("error", end);
    });
  }

  /** The last lines that were shown. */
  get lastLines(): readonly string[] {
    const rest = Buffer.concat(this.#rest).toString();
    return rest ? [...this.#last, rest] : this.#last;
  }

  /** Reads what is in the pipe right now; for the moment before this process ends. */
  drainNow(): void {
    const fd = (this.#source as { _handle?: { fd?: number } })._handle?.fd;
    const buffer = Buffer.allocUnsafe(65536);
    try {
      for (let n = 1; fd !== undefined && fd >= 0 && n > 0; ) {
        n = readSync(fd, buffer, 0, buffer.length, null);
        this.#take(Buffer.from(buffer.subarray(0, n)));
      }
    } catch {
      // Nothing more to read now.
    }
    this.#flush();
  }

  #take(chunk: Buffer): void {
    let start = 0;
    const lines: Buffer[] = [];
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#pushLine(lines, chunk.subarray(start, end + 1));
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#rest.push(chunk.subarray(start));
      this.#restBytes += chunk.length - start;
      if (this.#restBytes > LONGEST_LINE) this.#pushLine(lines, Buffer.from("\n"));
    }
    this.#show(lines);
  }

  #pushLine(lines: Buffer[], end: Buffer): void {
    const line = this.#rest.length > 0 ? Buffer.concat([...this.#rest, end]) : end;
    this.#rest = [];
    this.#restBytes = 0;
    if (this.#onLine?.(line.toString().trimEnd()) === "announced") {
      this.#onLine = undefined;
      return;
    }
    lines.push(this.#prefix, line);
    this.#last.push(line.toString().trimEnd());
    if (this.#last.length > LAST_LINES) this.#last.shift();
  }

  #flush(): void {
    const lines: Buffer[] = [];
    if (this.#restBytes > 0) this.#pushLine(lines, Buffer.from("\n"));
    this.#show(lines);
  }

  #show(lines: Buffer[]): void {
    if (lines.length === 0) return;
    if (!sink(this.stream, Buffer.concat(lines), () => this.#source.resume())) this.#source.pause();
  }
}

/** Shows what all workers have written up to now; the last thing before this process ends. */
export function drainAllOutput(): void {
  for (const output of [...open]) output.drainNow();
}
