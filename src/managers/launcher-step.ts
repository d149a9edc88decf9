/**
 * Workers that another program starts all at once (srun, mpiexec), each of which calls back: gives every worker its own output and its
 * own end out of what the program says of them together.
 */

import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import type { WorkerConfig } from "../runtime/cluster/cluster-manager.ts";

type Exit = Awaited<NonNullable<WorkerConfig["exited"]>>;

/** How much is kept of what a worker writes before it has called. */
const UNREAD_BYTES = 1 << 16;

/** How the program's lines are read. */
export interface LineReader {
  /** The line of one worker. */
  labelled(line: string): { task: number; text: string } | undefined;
  /** What the program says of the end of some workers. */
  ends?(line: string): ({ tasks: number[] } & Exit) | undefined;
}

class Task {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly exited: Promise<Exit>;
  /** Somebody reads it. */
  isTaken = false;
  end: (exit: Exit) => void = () => {};
  constructor() {
    this.exited = new Promise((resolve) => {
      this.end = resolve;
    });
  }
}

export class LauncherStep {
  readonly #tasks = new Map<number, Task>();
  readonly #reader: LineReader;
  readonly #ownWords: string[] = [];
  #isOver = false;

  constructor(program: { stdout: Readable; stderr: Readable; exited: Promise<Exit> }, reader: LineReader) {
    this.#reader = reader;
    const ends = [this.#read(program.stdout, "stdout"), this.#read(program.stderr, "stderr")];
    program.exited.then(async (exit) => {
      await Promise.all(ends);
      this.#isOver = true;
      for (const task of this.#tasks.values()) this.#close(task, exit);
    });
  }

  /** What the program itself said last. */
  get ownWords(): readonly string[] {
    return this.#ownWords.slice(-5);
  }

  /** What a worker that never called has written on its standard error. */
  lastWords(number: number): string {
    return String(this.#tasks.get(number)?.stderr.read() ?? "").trim();
  }

  /** The streams and the end of one worker. */
  task(number: number): Required<Pick<WorkerConfig, "io" | "stderr" | "exited">> {
    const task = this.#task(number);
    task.isTaken = true;
    if (this.#isOver) this.#close(task, {});
    return { io: task.stdout, stderr: task.stderr, exited: task.exited };
  }

  #task(number: number): Task {
    let task = this.#tasks.get(number);
    if (!task) {
      task = new Task();
      this.#tasks.set(number, task);
    }
    return task;
  }

  #close(task: Task, exit: Exit): void {
    task.stdout.end();
    task.stderr.end();
    task.end(exit);
  }

  #read(source: Readable, name: "stdout" | "stderr"): Promise<void> {
    const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on("line", (line) => {
      const labelled = this.#reader.labelled(line);
      if (!labelled) return this.#hear(line);
      const task = this.#task(labelled.task);
      const stream = task[name];
      if (stream.writableEnded || (!task.isTaken && stream.writableLength > UNREAD_BYTES)) return;
      if (stream.write(`${labelled.text}\n`) || !task.isTaken) return;
      // Nobody takes more of this one; what the others wrote waits behind it.
      lines.pause();
      stream.once("drain", () => lines.resume());
    });
    return new Promise((resolve) => lines.once("close", resolve));
  }

  #hear(line: string): void {
    const end = this.#reader.ends?.(line);
    if (!end) return void (line.trim() && this.#ownWords.push(line.trim()));
    const { tasks, ...exit } = end;
    for (const number of tasks) this.#close(this.#task(number), exit);
  }
}
