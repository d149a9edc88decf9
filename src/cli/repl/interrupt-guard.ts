/**
 * Ctrl-C for code that does not yield: while it runs the terminal is in the mode in which Ctrl-C is a signal, and Node's guard
 * (`breakOnSigint`) ends the code when that comes. Closes the two gaps that the guard has by itself: it takes Node's own handlers of
 * SIGINT away before it begins and gives them back after it has ended, and a signal between these ends the process; and a signal that
 * comes as the code ends is lost, or hits the next guard.
 */
import { readdirSync, readFileSync } from "node:fs";
import { types } from "node:util";
import { Script } from "node:vm";
import { InterruptError } from "../../errors.ts";

/** Switches the terminal's mode. `on` and `off` may be called again and again. */
export interface InterruptKey {
  on(): void;
  off(): void;
  /** The terminal has written ^C where the cursor was. */
  pressed(): void;
}

const GUARDED_KEY = "tjulia.prompt.guarded";
/** A signal takes this long at most from Node's own thread to the guard. Where threads cannot be looked at, it is waited for. */
const SIGNAL_MS = process.platform === "linux" ? 50 : 4;
const STEP_MS = 2;
let guard: Script | undefined;

/** What `code` gives; InterruptError when Ctrl-C came before it ended. */
export function runInterruptibly(code: () => unknown, interruptKey: InterruptKey): unknown {
  let value: unknown;
  const run = () => {
    interruptKey.on();
    try {
      value = code();
    } finally {
      interruptKey.off();
      awaitSignal();
    }
  };
  Object.defineProperty(globalThis, Symbol.for(GUARDED_KEY), { value: run, configurable: true });
  guard ??= new Script(`globalThis[Symbol.for(${JSON.stringify(GUARDED_KEY)})]()`, { filename: "node:tjulia" });
  try {
    guard.runInThisContext({ breakOnSigint: true, displayErrors: false });
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
    interruptKey.off(); // what the signal cuts off runs no `finally`
    interruptKey.pressed();
    if (types.isPromise(value)) value.catch(() => {}); // nobody waits for it any more
    throw new InterruptError();
  }
  return value;
}

/**
 * The terminal makes no more signals, but it may be about to send one: it gives its lock away between taking ^C for a signal and sending
 * it. One that was sent woke a thread of Node at once, which tells the guard when it gets a processor: so when, a moment later, all
 * other threads sleep, none is on its way.
 */
function awaitSignal(): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited < SIGNAL_MS; waited += STEP_MS) {
    Atomics.wait(clock, 0, 0, STEP_MS);
    if (!isAnotherThreadAwake()) return;
  }
}

function isAnotherThreadAwake(): boolean {
  if (process.platform !== "linux") return true;
  try {
    const own = String(process.pid);
    return readdirSync("/proc/self/task").some((thread) => thread !== own && !isAsleep(thread));
  } catch {
    return true; // one of them has ended
  }
}

function isAsleep(thread: string): boolean {
  const stat = readFileSync(`/proc/self/task/${thread}/stat`, "utf8");
  return stat[stat.lastIndexOf(")") + 2] === "S";
}
