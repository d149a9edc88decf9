/** What a process knows of one `spmd` that it takes part in: the members, and the messages that have come for meetings ahead. */

interface Receiver {
  readonly from: number;
  readonly meeting: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Left {
  /** It took part in so many meetings, and sends nothing for later ones. */
  readonly meetings: number;
  readonly error: unknown;
}

export class World {
  readonly name: string;
  pids: readonly number[] = [];
  #meetings = 0;
  readonly #arrived = new Map<string, { value: unknown }>();
  readonly #waiting = new Map<string, Receiver>();
  readonly #left = new Map<number, Left>();
  #stopped: { error: unknown } | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** How many there have been. */
  get meetings(): number {
    return this.#meetings;
  }

  /** Meetings are numbered; all members come to them in the same order. */
  nextMeeting(): number {
    return this.#meetings++;
  }

  deliver(from: number, meeting: number, value: unknown): void {
    const key = `${from}:${meeting}`;
    const receiver = this.#waiting.get(key);
    if (!receiver) {
      this.#arrived.set(key, { value });
      return;
    }
    this.#waiting.delete(key);
    receiver.resolve(value);
  }

  receive(from: number, meeting: number): Promise<unknown> {
    const key = `${from}:${meeting}`;
    const message = this.#arrived.get(key);
    if (message) {
      this.#arrived.delete(key);
      return Promise.resolve(message.value);
    }
    if (this.#stopped) return Promise.reject(this.#stopped.error);
    const left = this.#left.get(from);
    if (left && meeting >= left.meetings) return Promise.reject(left.error);
    return new Promise((resolve, reject) => this.#waiting.set(key, { from, meeting, resolve, reject }));
  }

  /** A member has ended: whoever waits for it in a later meeting gets the error. */
  leave(pid: number, meetings: number, error: unknown): void {
    this.#left.set(pid, { meetings, error });
    for (const [key, { from, meeting, reject }] of this.#waiting) {
      if (from !== pid || meeting < meetings) continue;
      this.#waiting.delete(key);
      reject(error);
    }
  }

  /** Nobody will come any more: those who wait, and those who come later, get the error. */
  stop(error: unknown): void {
    this.#stopped = { error };
    for (const receiver of this.#waiting.values()) receiver.reject(error);
    this.#waiting.clear();
  }
}

const worlds = new Map<string, World>();

/** Names of worlds that have ended here, newest last: what still comes for them is dropped. */
const ended = new Set<string>();
const ENDED_KEPT = 1000;

/** The world of that name; made when a message comes before the call that starts it. */
export function worldNamed(name: string): World {
  let world = worlds.get(name);
  if (!world) {
    world = new World(name);
    if (!ended.has(name)) worlds.set(name, world);
  }
  return world;
}

export function endWorld(name: string): void {
  worlds.delete(name);
  ended.add(name);
  if (ended.size > ENDED_KEPT) ended.delete(ended.values().next().value as string);
}
