/**
 * Ctrl-C for code that computes without end after an `await`. The terminal is in raw mode then, and the main thread never comes to
 * read the key; a thread beside it does. It watches a counter that the main thread moves on while an entry waits, and when that
 * stands still it looks at the terminal for Ctrl-C and ends what runs through the inspector. Nothing of this runs between entries.
 */
import { createRequire } from "node:module";
import type { Worker } from "node:worker_threads";
import { calm } from "../../runtime/refs/context.ts";

const BEAT_MS = 100;
/** Places in the shared numbers. */
const STATE = 0;
const BEATS = 1;

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
    Atomics.store(this.#numbers, STATE, 1);
    const beat = setInterval(() => Atomics.add(this.#numbers, BEATS, 1), BEAT_MS);
    return () => {
      clearInterval(beat);
      Atomics.store(this.#numbers, STATE, 0);
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
    const thread = new Worker(`(${besideMain.toString()})()`, {
      eval: true,
      workerData: this.#numbers,
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32, stackSizeMb: 1 },
      execArgv: [],
    });
    thread.on("message", (typed: Uint8Array | "terminated") => {
      if (typed === "terminated") this.#tidy();
      else process.stdin.emit("data", Buffer.from(typed));
    });
    thread.on("error", () => {});
    thread.unref();
    return thread;
  }
}

/** The thread. Its text is taken out of this file, so it names nothing of it. */
function besideMain(): void {
  const { openSync, readSync } = require("node:fs") as typeof import("node:fs");
  const { parentPort, workerData } = require("node:worker_threads") as typeof import("node:worker_threads");
  const { constants } = require("node:fs") as typeof import("node:fs");
  const { Session } = require("node:inspector") as typeof import("node:inspector");
  const numbers = workerData as Int32Array;
  const bytes = Buffer.alloc(1024);
  let lastBeats = -1;
  let still = 0;
  let terminal: number | undefined;

  setInterval(() => {
    const beats = Atomics.load(numbers, 1);
    still = Atomics.load(numbers, 0) === 1 && beats === lastBeats ? still + 1 : 0;
    lastBeats = beats;
    if (still < 4) return;
    let count = 0;
    try {
      terminal ??= openSync("/dev/tty", constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      count = readSync(terminal, bytes);
    } catch {
      return;
    }
    const typed = bytes.subarray(0, count);
    const stop = typed.lastIndexOf(3);
    if (stop >= 0) terminate();
    // What was typed after Ctrl-C, or instead of it, is for the main thread once it can be reached.
    const rest = typed.subarray(stop + 1);
    if (rest.length > 0) parentPort?.postMessage(new Uint8Array(rest));
  }, 100);

  /**
   * In a callback of a timer, Node's own code below keeps a list of callbacks that have begun, and ends the process when one of them
   * does not end. The debugger stops there and ends it by hand. What it cannot put in order is left alone.
   */
  function terminate(): void {
    still = 0;
    const session = new Session();
    session.connectToMainThread();
    session.once("Debugger.paused", ({ params: { callFrames } }) => {
      for (const { callFrameId, functionName, url } of callFrames) {
        // The frames of Node's own code have no URL.
        if (url !== "" || !/^(listOnTimeout|processImmediate)$/.test(functionName)) continue;
        session.post("Debugger.evaluateOnCallFrame", { callFrameId, expression: "emitAfter(asyncId)" });
      }
      session.post("Runtime.evaluate", { expression: 'globalThis[Symbol.for("tjulia.calm")]?.()' });
      session.post("Runtime.terminateExecution");
      session.post("Debugger.resume");
      session.post("Debugger.disable", () => session.disconnect());
      parentPort?.postMessage("terminated");
    });
    session.post("Debugger.enable");
    session.post("Debugger.pause");
  }
}
