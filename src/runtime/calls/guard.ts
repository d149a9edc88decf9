/**
 * Makes a call stoppable by a signal: code that runs inside a guard ends with an InterruptError when SIGINT arrives, whatever it does
 * and whatever it catches, and the process keeps its state. Node does it (`breakOnSigint`); a guard costs about 30 µs, so
 * calls that have proved quick do without. Covers the synchronous part of a call; worker/control-thread.ts covers the rest.
 */
import { createRequire } from "node:module";
import type { Script } from "node:vm";
import { InterruptError } from "../../errors.ts";
import { self } from "../wire/identity.ts";

const ENTER = Symbol.for("tjulia.guarded");

let script: Script | undefined;
let enter: () => unknown = () => undefined;

/** Whether calls are to be guarded: on workers, whose managers send SIGINT to stop what runs. */
export const guarding = { on: false };

/** Runs `f` so that SIGINT ends it with an InterruptError. */
export function runGuarded(f: () => unknown): unknown {
  if (!guarding.on) return f();
  script ??= makeScript();
  const outer = enter;
  enter = f;
  try {
    return script.runInThisContext({ breakOnSigint: true, displayErrors: false });
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
    throw new InterruptError(self.pid);
  } finally {
    enter = outer;
  }
}

function makeScript(): Script {
  Object.defineProperty(globalThis, ENTER, { value: () => enter(), enumerable: false, configurable: true });
  const { Script } = createRequire(import.meta.url)("node:vm") as typeof import("node:vm");
  return new Script('globalThis[Symbol.for("tjulia.guarded")]()', { filename: "node:internal/tjulia" });
}
