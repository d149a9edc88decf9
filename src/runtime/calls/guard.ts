/**
 * Makes a call stoppable by a signal: code that runs inside a guard ends with an InterruptError when SIGINT arrives, whatever it does
 * and whatever it catches, and the process keeps its state. Node does it (`breakOnSigint`); a guard costs about 30 µs, so
 * calls that have proved quick or short do without. Covers the synchronous part of a call; worker/control-thread.ts covers the rest.
 *
 * Node's guard has two gaps. It takes the handlers of SIGINT away before it begins and gives them back after it has ended, and a signal in
 * between ends the process; and a signal that comes as the code ends is lost or hits the next guard. The board (now-running.ts) closes both:
 * it names a call only from within the guard, nobody signals what it does not name, and a call that a signal was announced for waits for it
 * within the guard.
 */
import { createRequire } from "node:module";
import type { Script } from "node:vm";
import { InterruptError } from "../../errors.ts";
import { countUsers, restoreUsers } from "../refs/context.ts";
import { cutOff, guardOfSignals, onCutOff } from "../wire/cut-off.ts";
import { self } from "../wire/identity.ts";
import { struck } from "./interrupt.ts";
import { type NowRunning, orderOfSignal, tellEnded, tellIdle, tellRunning } from "./now-running.ts";

const ENTER = Symbol.for("tjulia.guarded");

/** The call in the innermost guard. */
let guarded: NowRunning | undefined;

let script: Script | undefined;
let enter: () => unknown = () => undefined;

/** Whether calls are to be guarded: on workers, whose managers send SIGINT to stop what runs. */
export const guarding = {
  on: false,
  /** A control thread is there, which reaches code in no guard: calls that are not slow may do without one. */
  canDoWithout: false,
};

/**
 * When guards around calls that are not slow have cost this much, a control thread pays for itself. Node starts a thread for each guard and waits for its
 * end: 30 to 200 µs, and a millisecond where no core is free.
 */
const ENOUGH_MS = 10;
let spentMs = 0;
let lastGuardMs = 0;
let onEnough: (() => void) | undefined;

/** Runs `act`, once, when a control thread would pay for itself. */
export function onManyGuards(act: () => void): void {
  onEnough = act;
}

/** The last guard stood around a call that a control thread would have reached as well. */
export function countNeedlessGuard(): void {
  spentMs += lastGuardMs;
  if (spentMs < ENOUGH_MS) return;
  onEnough?.();
  onEnough = undefined;
}

/** Makes ready what the first guard needs, at a moment when nobody waits. */
export function readyGuard(): void {
  script ??= makeScript();
}

/** Runs `f`, which is what `call` names, so that SIGINT ends it with an InterruptError. */
export function runGuarded(call: NowRunning, f: () => unknown): unknown {
  if (!guarding.on) return f();
  script ??= makeScript();
  const outer = enter;
  const outerCall = guarded;
  const users = countUsers();
  let result: unknown;
  let thrown: { value: unknown } | undefined;
  let insideMs = 0;
  // The board is written inside, so that whoever reads it can rely on the guard.
  enter = () => {
    cutOff.isInGuard = true;
    guarded = call;
    tellRunning(call);
    const began = performance.now();
    try {
      result = f();
    } catch (value) {
      thrown = { value };
    }
    insideMs = performance.now() - began;
    tellEnded(call);
  };
  const began = performance.now();
  try {
    script.runInThisContext({ breakOnSigint: true, displayErrors: false });
  } catch (error) {
    tellIdle();
    if ((error as { code?: unknown } | null)?.code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
    struck(orderOfSignal());
    restoreUsers(users);
    if (!outerCall) forgetHalfLoaded();
    throw new InterruptError(self.pid);
  } finally {
    cutOff.isInGuard = false;
    enter = outer;
    guarded = outerCall;
  }
  lastGuardMs = performance.now() - began - insideMs;
  if (thrown) throw thrown.value;
  return result;
}

// As at the end of the call: a signal that is on its way strikes before.
guardOfSignals.open = () => guarded && tellEnded(guarded);
guardOfSignals.close = () => guarded && tellRunning(guarded);

onCutOff(
  () => {},
  () => {
    if (!cutOff.isInGuard) return;
    cutOff.isInGuard = false;
    enter = () => undefined;
    tellIdle();
  },
);
onCutOff(() => {}, forgetHalfLoaded);

/** CommonJS modules whose loading was cut off would count as loaded, without what they had not come to: the next `require` loads them anew. */
function forgetHalfLoaded(): void {
  const { cache } = createRequire(import.meta.url);
  for (const [file, module] of Object.entries(cache)) if (module?.loaded === false) delete cache[file];
}

function makeScript(): Script {
  Object.defineProperty(globalThis, ENTER, { value: () => enter(), enumerable: false, configurable: true });
  const { Script } = createRequire(import.meta.url)("node:vm") as typeof import("node:vm");
  return new Script('globalThis[Symbol.for("tjulia.guarded")]()', { filename: "node:internal/tjulia" });
}
