/** Which class of this process is which class of others: the same id, whoever sends it. A class lives here as long as something uses it. */
import { processToken } from "./code.ts";
import type { AnyFunction } from "./shape.ts";

const ids = new WeakMap<AnyFunction, string>();
const classes = new Map<string, WeakRef<AnyFunction>>();
const gone = new FinalizationRegistry<string>((id) => {
  if (!classes.get(id)?.deref()) classes.delete(id);
});
let count = 0;

export function idOfClass(c: AnyFunction): string {
  let id = ids.get(c);
  if (id === undefined) {
    count += 1;
    id = `${processToken}.${count}`;
    setClassId(c, id);
  }
  return id;
}

export function setClassId(c: AnyFunction, id: string): void {
  ids.set(c, id);
  classes.set(id, new WeakRef(c));
  gone.register(c, id);
}

export function classWithId(id: string): AnyFunction | undefined {
  return classes.get(id)?.deref();
}

/** True for classes that were made here and have come back. */
export function isOwnClassId(id: string): boolean {
  return id.startsWith(`${processToken}.`);
}
