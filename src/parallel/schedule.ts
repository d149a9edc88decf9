/**
 * Which elements of a pmap go to which worker, and when. A state machine without I/O or clock: events come in (a worker joined,
 * elements were read, a batch was answered), batches come out.
 *
 *     read ──> waiting ──next()──> under way ──answered()──> settled
 *                 ^                    │ handed back, failed and retried
 *                 └────────────────────┘
 *
 * Elements are numbered from 0 in input order. The caller sees to it that each is settled once.
 */
import { Fifo } from "../runtime/refs/fifo.ts";
import { Pace } from "./pace.ts";

/** Elements `first` to below `first + count` on their way to one worker. */
export interface Batch {
  readonly slot: number;
  readonly first: number;
  readonly count: number;
  /** The worker hands back what it has not started after so long. Infinity: never. */
  readonly budgetMs: number;
  readonly sentAt: number;
  /** The worker had nothing else to do. */
  readonly wasIdle: boolean;
}

export interface ScheduleOptions {
  batchSize: number | "auto";
  /** How many elements there are, if that is known from the start. */
  total?: number | undefined;
  /** What an element took in an earlier map. */
  msPerElement?: number | undefined;
  /** At most so many elements may be given out and not yet consumed, when somebody consumes them (pmap.stream). */
  window?: ((inOneRound: number) => number) | undefined;
}

interface Slot {
  readonly pace: Pace;
  readonly underWay: Batch[];
  answeredAt: number;
}

interface Piece {
  readonly first: number;
  readonly count: number;
}

export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #slots = new Map<number, Slot>();
  /** Handed back without having been started, and to be tried again: they go before fresh ones. */
  readonly #returned = new Fifo<Piece>();
  /** Elements below this number have been read; those from `#fresh` on have not been given out. */
  #read = 0;
  #fresh = 0;
  #total: number | undefined;
  #settled = 0;
  #consumed = 0;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#total = options.total;
    this.#read = options.total ?? 0;
  }

  /** How many elements there are, once known. */
  get total(): number | undefined {
    return this.#total;
  }

  get settledCount(): number {
    return this.#settled;
  }

  get isDone(): boolean {
    return this.#settled === this.#total;
  }

  get slotCount(): number {
    return this.#slots.size;
  }

  /** What an element takes, in the middle of the workers; undefined before any has run. */
  get msPerElement(): number | undefined {
    const known = [...this.#slots.values()].flatMap(({ pace }) => pace.msPerElement ?? []);
    return known.sort((a, b) => a - b)[known.length >> 1];
  }

  addSlot(slot: number): void {
    this.#slots.set(slot, { pace: new Pace(this.#options.msPerElement), underWay: [], answeredAt: 0 });
  }

  /** The worker is gone; gives the batches that were there. */
  removeSlot(slot: number): Batch[] {
    const underWay = this.#slots.get(slot)?.underWay ?? [];
    this.#slots.delete(slot);
    return underWay;
  }

  /** So many more elements have been read. */
  more(count: number): void {
    this.#read += count;
  }

  /** No more elements will be read. */
  end(): void {
    this.#total = this.#read;
  }

  /** Elements that nobody has started go back to the front of the line. */
  giveBack(first: number, count: number): void {
    if (count > 0) this.#returned.push({ first, count });
  }

  /** So many more elements have their result, or the value that stands for it. */
  settle(count: number): void {
    this.#settled += count;
  }

  /** Whoever reads the results has taken so many of them. */
  consume(count: number): void {
    this.#consumed += count;
  }

  /** The next batch to send; undefined when nobody can take one or nothing is left. Call it until then. */
  next(now: number): Batch | undefined {
    const [id, slot] = this.#freest() ?? [];
    if (id === undefined || slot === undefined) return undefined;
    const wanted = this.#sizeFor(slot);
    const piece = this.#cutReturned(wanted) ?? this.#cutFresh(wanted);
    if (!piece) return undefined;
    const budgetMs = this.#options.batchSize === "auto" ? slot.pace.budgetMs(piece.count) : Number.POSITIVE_INFINITY;
    const batch = { slot: id, ...piece, budgetMs, sentAt: now, wasIdle: slot.underWay.length === 0 };
    slot.underWay.push(batch);
    return batch;
  }

  /** The first `ran` elements of the batch ran, in `ms`; what it did not start goes back. */
  answered(batch: Batch, ran: number, ms: number, now: number): void {
    const slot = this.#slots.get(batch.slot);
    if (slot) {
      remove(slot.underWay, batch);
      const turnMs = now - Math.max(batch.sentAt, slot.answeredAt);
      slot.pace.learn({ count: ran, ms, turnMs, wasIdle: batch.wasIdle });
      slot.answeredAt = now;
    }
    this.giveBack(batch.first + ran, batch.count - ran);
  }

  /** The batch has come to its end in another way. */
  dropped(batch: Batch): void {
    const slot = this.#slots.get(batch.slot);
    if (slot) remove(slot.underWay, batch);
  }

  /** How many more elements should be read now: as many as free workers could take. */
  get wanted(): number {
    if (this.#total !== undefined) return 0;
    let wanted = this.#fresh - this.#read;
    for (const slot of this.#slots.values()) {
      const free = this.#depthOf(slot) - slot.underWay.length;
      if (free > 0) wanted += free * this.#sizeFor(slot);
    }
    return Math.max(0, Math.min(wanted, this.#windowLeft() - (this.#read - this.#fresh)));
  }

  /** The worker with the fewest batches under way, among those that can take one. */
  #freest(): [number, Slot] | undefined {
    let best: [number, Slot] | undefined;
    for (const entry of this.#slots) {
      const [, slot] = entry;
      if (best && slot.underWay.length >= best[1].underWay.length) continue;
      if (slot.underWay.length < this.#depthOf(slot)) best = entry;
    }
    return best;
  }

  #sizeFor(slot: Slot): number {
    const { batchSize } = this.#options;
    return batchSize === "auto" ? slot.pace.next(this.#left(), this.#slots.size) : batchSize;
  }

  #depthOf(slot: Slot): number {
    const { batchSize } = this.#options;
    const left = this.#left();
    if (batchSize === "auto") return slot.pace.depth(left, this.#slots.size);
    return slot.pace.depthOfFixed(batchSize, left, this.#slots.size);
  }

  /** Elements that have not been given out; Infinity while their number is unknown. */
  #left(): number {
    return this.#total === undefined ? Number.POSITIVE_INFINITY : this.#total - this.#fresh;
  }

  #cutReturned(wanted: number): Piece | undefined {
    const piece = this.#returned.shift();
    if (!piece || piece.count <= wanted) return piece;
    this.#returned.push({ first: piece.first + wanted, count: piece.count - wanted });
    return { first: piece.first, count: wanted };
  }

  #cutFresh(wanted: number): Piece | undefined {
    const count = Math.min(wanted, this.#read - this.#fresh, this.#windowLeft());
    if (count <= 0) return undefined;
    const first = this.#fresh;
    this.#fresh += count;
    return { first, count };
  }

  #windowLeft(): number {
    const { window } = this.#options;
    if (!window) return Number.POSITIVE_INFINITY;
    let round = 0;
    for (const slot of this.#slots.values()) round += this.#sizeFor(slot);
    return Math.max(0, window(round) - (this.#fresh - this.#consumed));
  }
}

function remove<T>(list: T[], item: T): void {
  const place = list.indexOf(item);
  if (place >= 0) list.splice(place, 1);
}
