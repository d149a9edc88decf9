/**
 * The parts of the library that a process loads when something of theirs turns up, because few processes need them at their start: a
 * value of a kind that nothing here knows, a call to a service that is not there yet, an array that the user's own code has made.
 */

export interface LateParts {
  /** Loads them; they register what they bring by themselves. */
  load(): void;
  /** Whether they know what the value is. Asked for every object that is no plain data. */
  knows(value: object): boolean;
}

let parts: LateParts | undefined;

/** Says what may be loaded later. */
export function expectLateParts(late: LateParts): void {
  parts = late;
}

/** Loads them, once. Gives whether there was anything to load. */
export function loadLateParts(): boolean {
  const late = parts;
  parts = undefined;
  late?.load();
  return late !== undefined;
}

/** Loads them when the value is theirs. */
export function loadPartsFor(value: object): void {
  if (parts?.knows(value)) loadLateParts();
}
