/**
 * How fast one worker gets through the elements of a pmap, and how many it should be sent at a time. Pure: measured times come in,
 * sizes go out.
 *
 * A worker starts with one element, unless an earlier map told what one takes. Batches grow sixteenfold at most, up to what takes it some
 * 120 ms: with all cores busy a message costs the switch from one process to another and back, which is lost in the work then. Towards the end they shrink with what is left (guided self-scheduling), so that all workers finish together.
 */

/** A batch of short elements takes about this long, or half as long again as a message takes to a far worker. */
const TARGET_MS = 120;
const MOST_TARGET_MS = 250;
/** The longer an element, the shorter the batches; one that takes as long as this, or a quarter of a batch for a far worker, goes alone. */
const SINGLE_MS = 7.5;
/** Towards the end batches do not get shorter than this. */
const LEAST_MS = 0.5;
const GROWTH = 16;
/** A worker may have a growing batch in line while so many times as many elements are left to all. */
const PLENTY = 16;
/** Longer batches save nothing more, and take memory. */
const MOST_ELEMENTS = 8192;
/** A worker that takes so many times as long as was expected of a batch hands back what it has not started, but never before so many ms. */
const BUDGET_FACTOR = 2;
const LEAST_BUDGET_MS = 60;

export interface Ran {
  /** How many elements ran, and how long that took there. */
  count: number;
  ms: number;
  /** From the sending of the batch, or the answer before it if that came later, to its answer. */
  turnMs: number;
  /** The worker had nothing else to do when the batch was sent. */
  wasIdle: boolean;
}

export class Pace {
  /** What an element takes; undefined before the first has run. */
  msPerElement: number | undefined;
  /** What it takes to bring an element there and its result back, beyond the cost of the message. */
  #carryMsPerElement = 0;
  /** What a message costs there and back. */
  #tripMs = Number.POSITIVE_INFINITY;
  #lastCount = 0;
  #isGrowing = true;
  #hasRun = false;

  /** `msPerElement`: what an element took in an earlier map. When it takes longer now, the budget ends the first batch early. */
  constructor(msPerElement?: number) {
    if (msPerElement === undefined) return;
    this.msPerElement = msPerElement;
    this.#lastCount = MOST_ELEMENTS;
  }

  learn({ count, ms, turnMs, wasIdle }: Ran): void {
    if (count === 0) return;
    const now = ms / count;
    const before = this.msPerElement ?? now;
    // Code gets faster as it warms up: believe good news sooner.
    const trust = now < before ? 0.75 : 0.5;
    this.msPerElement = before + trust * (now - before);
    const overhead = Math.max(0, turnMs - ms);
    if (wasIdle) this.#tripMs = Math.min(this.#tripMs, overhead);
    this.#carryMsPerElement = Math.max(0, overhead - this.tripMs) / count;
    this.#lastCount = count;
    this.#hasRun = true;
  }

  get tripMs(): number {
    return Number.isFinite(this.#tripMs) ? this.#tripMs : 0;
  }

  get #targetMs(): number {
    return Math.min(Math.max(TARGET_MS, 1.5 * this.tripMs), MOST_TARGET_MS);
  }

  get #singleMs(): number {
    return Math.max(SINGLE_MS, Math.min(1.5 * this.tripMs, MOST_TARGET_MS) / 4);
  }

  /** How long the worker may go on with a batch of `count` before it hands back the rest. */
  budgetMs(count: number): number {
    return Math.max(BUDGET_FACTOR * count * (this.msPerElement ?? 0), LEAST_BUDGET_MS);
  }

  /** How many elements the next batch has, when `left` (unknown: Infinity) are shared among `workers`. */
  next(left: number, workers: number): number {
    const ms = this.msPerElement;
    if (ms === undefined) return 1;
    const target = this.#targetMs * (1 - ms / this.#singleMs);
    const byTime = target / Math.max(ms, this.#carryMsPerElement);
    const byGrowth = this.#lastCount * GROWTH;
    const share = Math.max(Math.ceil(left / (2 * workers)), this.#hasRun ? LEAST_MS / ms : 1);
    this.#isGrowing = byGrowth < Math.min(byTime, share);
    return Math.max(1, Math.floor(Math.min(byTime, byGrowth, share, MOST_ELEMENTS)));
  }

  /**
   * How many batches may be under way: a second one waits at the worker while the first runs, so that it never idles. Not before
   * the first answer, not while a batch that still grows is much of what is left, and not where an element takes so long that the
   * way there does not matter.
   */
  depth(left: number, workers: number): number {
    const ms = this.msPerElement;
    if (ms === undefined) return 1;
    if (this.#isGrowing) return left > PLENTY * workers * this.#lastCount * GROWTH ? 2 : 1;
    if (ms <= this.#singleMs) return 2;
    return left > 2 * workers && this.tripMs > 0.05 * ms ? 2 : 1;
  }

  /** The same for batches of a fixed size. */
  depthOfFixed(count: number, left: number, workers: number): number {
    this.#isGrowing = false;
    const ms = this.msPerElement;
    return ms !== undefined && ms * count <= 1 && left > workers ? 2 : 1;
  }
}
