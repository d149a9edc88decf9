/**
 * The public names as globals of a driver that asks for no workers: this process becomes a master when it uses one of them, or imports
 * "tjulia". A driver that does neither starts nearly like plain Node.
 */
import { loadBundle } from "../own-bundle.ts";
import { ownUse } from "../runtime/closures/resolve.ts";
import { juliaSpellings } from "../runtime/worker/julia-spellings.ts";
import { publicNames } from "../runtime/worker/public-names.ts";
import type * as Launch from "./launch.ts";

const names = [...publicNames, ...Object.keys(juliaSpellings), "$tjulia"];
const globals = globalThis as unknown as Record<string, unknown>;

type Waiting = { readonly get: () => unknown; readonly before: PropertyDescriptor | undefined };
const waiting = new Map<string, Waiting>();

export function installWaitingNames(): void {
  ownUse.before = becomeMaster;
  for (const name of names) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    const get = () => {
      becomeMaster();
      return globals[name];
    };
    const set = (value: unknown) =>
      Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
    Object.defineProperty(globalThis, name, { get, set, configurable: true, enumerable: before?.enumerable ?? false });
    waiting.set(name, { get, before });
  }
}

/** Loads what a master needs and gives the names their meaning, but for those that the program has given another. */
export function becomeMaster(): void {
  if (waiting.size === 0) return;
  const given: [string, PropertyDescriptor | undefined][] = [];
  for (const [name, { get, before }] of waiting) {
    const now = Object.getOwnPropertyDescriptor(globalThis, name);
    if (now?.get !== get) given.push([name, now]);
    if (before) Object.defineProperty(globalThis, name, before);
    else delete globals[name];
  }
  waiting.clear();
  (loadBundle("launch.cjs") as typeof Launch).becomeMaster();
  if (process.stderr.isTTY) void import("./ask-terminal.ts").then(({ askAtTerminal }) => askAtTerminal());
  for (const [name, descriptor] of given) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else delete globals[name];
  }
}
