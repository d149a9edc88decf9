/**
 * A worker's code can be cut off from outside: by a signal while it runs in a guard (calls/guard.ts), or by the control thread
 * (worker/control.ts). The stack vanishes and no `finally` runs, so our own work must not be caught half done:
 *
 *   in a guard     a signal strikes anywhere, so a message is in the buffer whole or not at all, and nothing is written meanwhile
 *   elsewhere      the control thread asks first, and is refused while our own work is on the stack
 */
export const cutOff = {
  /** The user's code runs in a guard. */
  isInGuard: false,
  /** Our own work is on the stack, with none of the user's code above it. */
  isOwnWork: false,
  /** The stack is about to vanish, wherever the engine looks for interrupts next; at the latest before anything else is read. */
  isStruck: false,
};

const LONGEST_STRIKE_MS = 50;

/** Where the user's code gives way to ours: what was struck as it came to its end is cut off here, not in the middle of our own work. */
export function takeStrike(): void {
  const end = performance.now() + LONGEST_STRIKE_MS;
  while (cutOff.isStruck && performance.now() < end);
}

/** Does a piece of our own work outside of the delivery of a frame. */
export function asOwnWork(work: () => void): void {
  if (cutOff.isStruck) takeStrike();
  const wasOwnWork = cutOff.isOwnWork;
  cutOff.isOwnWork = true;
  try {
    work();
  } finally {
    cutOff.isOwnWork = wasOwnWork;
  }
}

/** What keeps signals away from a guard for a while. */
export const guardOfSignals = { open(): void {}, close(): void {} };

/**
 * Does work that must come to its end once it has begun, within a guard too: the loading of a module, which would be half there for ever.
 * Nobody signals meanwhile, and the control thread is refused.
 */
export function outOfReach<T>(work: () => T): T {
  if (cutOff.isOwnWork) return work();
  if (cutOff.isStruck) takeStrike();
  if (cutOff.isInGuard) guardOfSignals.open();
  cutOff.isOwnWork = true;
  try {
    return work();
  } finally {
    cutOff.isOwnWork = false;
    if (cutOff.isInGuard) guardOfSignals.close();
  }
}

/** The bundles, which are loaded when they are needed, are loaded so (boot.ts). */
Object.defineProperty(globalThis, Symbol.for("tjulia.outOfReach"), { value: outOfReach, configurable: true });

const before: (() => void)[] = [];
const after: (() => void)[] = [];

/** Saves what is lost with the stack; takes up again what was cut off. */
export function onCutOff(save: () => void, resume: () => void): void {
  before.push(save);
  after.push(resume);
}

/** The stack is about to vanish. */
export function saveBeforeCutOff(): void {
  for (const save of before) save();
}

/** It has vanished. */
export function resumeAfterCutOff(): void {
  for (const resume of after) resume();
}
