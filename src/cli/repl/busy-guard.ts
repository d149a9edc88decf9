/**
 * Ctrl-C for code that computes without end after an `await`. The terminal is in raw mode then, and the main thread never comes to
 * read the key; the thread of busy-thread.ts does. Nothing of this runs between entries.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { packageRoot } from "../../package.ts";
import { calm } from "../../runtime/refs/context.ts";
import { BEAT_MS, BEATS, IS_ON, type ToMain } from "./busy-shared.ts";

export class BusyGuard {
  readonly #numbers = new Int32Array(new SharedArrayBuffer(8));
  readonly #onTerminated: () => void;
  #thread: Worker | undefined;

  /** `onTerminated`: what ran was cut off; its promises will never settle. */
  constructor(onTerminated: () => void) {
    this.#onTerminated = onTerminated;
  }

  /** The terminal is in raw mode and code of the user may run from now on. Gives how to end the watch. */
  watch(): () => void {
    this.#thread ??= this.#start();
    Atomics.store(this.#numbers, IS_ON, 1);
    const beat = setInterval(() => Atomics.add(this.#numbers, BEATS, 1), BEAT_MS);
    return () => {
      clearInterval(beat);
      Atomics.store(this.#numbers, IS_ON, 0);
    };
  }

  close(): void {
    void this.#thread?.terminate();
  }

  /**
   * Node still believes to be inside the callback that was cut off, and would end the process over that. An error that somebody
   * handles makes it forget, and is the only way from here.
   */
  #tidy(): void {
    const handled = new Error("cut off");
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", () => {
      for (const listener of listeners) process.on("uncaughtException", listener);
      setImmediate(this.#onTerminated);
    });
    throw handled;
  }

  #start(): Worker {
    Object.defineProperty(globalThis, Symbol.for("tjulia.calm"), { value: calm, configurable: true });
    const { Worker } = createRequire(import.meta.url)("node:worker_threads") as typeof import("node:worker_threads");
    const thread = new Worker(join(packageRoot, "dist", "busy-thread.cjs"), {
      workerData: this.#numbers,
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32, stackSizeMb: 1 },
      execArgv: [],
    });
    thread.on("message", (message: ToMain) => {
      if (message === "terminated") this.#tidy();
      else process.stdin.emit("data", Buffer.from(message));
    });
    thread.unref();
    return thread;
  }
}
