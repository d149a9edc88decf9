/**
 * The thread beside the prompt's main thread. It watches a counter that the main thread moves on while an entry waits; when that
 * stands still, the code of the entry does not yield, and the thread reads the terminal in its stead: Ctrl-C ends what runs, through
 * the inspector.
 */
import { constants, openSync, readSync } from "node:fs";
import { Session } from "node:inspector";
import { parentPort, workerData } from "node:worker_threads";
import { BEAT_MS, BEATS, IS_ON, type ToMain } from "./busy-shared.ts";

/** Beats that have to fail before the main thread is taken for busy. */
const STILL_BEATS = 4;
const CTRL_C = 3;

const numbers = workerData as Int32Array;
const bytes = new Uint8Array(1024);
let lastBeats = -1;
let stillBeats = 0;
let terminal: number | undefined;

setInterval(() => {
  const beats = Atomics.load(numbers, BEATS);
  stillBeats = Atomics.load(numbers, IS_ON) === 1 && beats === lastBeats ? stillBeats + 1 : 0;
  lastBeats = beats;
  if (stillBeats < STILL_BEATS) return;
  const typed = readTerminal();
  const stop = typed.lastIndexOf(CTRL_C);
  if (stop >= 0) terminate();
  // What was typed after Ctrl-C, or instead of it, is for the main thread once it can be reached.
  const rest = typed.slice(stop + 1);
  if (rest.length > 0) tell(rest);
}, BEAT_MS);

function readTerminal(): Uint8Array {
  try {
    terminal ??= openSync("/dev/tty", constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    return bytes.subarray(0, readSync(terminal, bytes));
  } catch {
    return bytes.subarray(0, 0); // nothing typed, or no terminal
  }
}

function tell(message: ToMain): void {
  parentPort?.postMessage(message);
}

/**
 * In a callback of a timer, Node's own code below keeps a list of callbacks that have begun, and ends the process when one of them
 * does not end. The debugger stops there and ends it by hand. What it cannot put in order is left alone.
 */
function terminate(): void {
  stillBeats = 0;
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
    tell("terminated");
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
}
