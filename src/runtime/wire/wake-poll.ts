/**
 * Keeps the event loop awake for a moment when an answer is about to come. Waking a sleeping core takes longer than a
 * whole quick call, so a process that has just sent something looks for the answer for a fraction of a millisecond
 * before it sleeps. Whether that pays depends on who else wants the cores, so it is tried and measured: waits are timed
 * in blocks with and without it, and the better way is kept until the next trial. Long waits are not watched, and a
 * process that may use one core only never polls. One for the process; links tell it what they send and get.
 */
import { availableParallelism } from "node:os";

/** How long one wait is watched. */
const WATCH_MS = 0.25;
/** Longer waits say nothing of the time that waking takes. */
const LONG_MS = 1;
/** Waits in a block of measuring. */
const BLOCK = 32;
/** A look that comes so late was held up: somebody else has had the core. That may happen once in a block. */
const HELD_UP_MS = 0.15;
const HELD_UP_TWICE = 2;
/** Polling burns the core that it looks from, so it has to be this much better. */
const WORTH = 0.9;
/** Blocks until the other way is tried again; doubled each time that it loses. */
const FIRST_TRUST = 8;
const LONGEST_TRUST = 512;
/** So many waits are not watched after one in vain; doubled with each further one. */
const FIRST_PAUSE = 4;
const LONGEST_PAUSE = 1024;

export class WakePoll {
  readonly #now: () => number;
  /** Calls back after one turn of the event loop, which it keeps awake. */
  readonly #soon: (look: () => void) => unknown;
  /** False where polling can only take time from who is waited for. */
  readonly #mayPoll: boolean;
  #isWaiting = false;
  #since = 0;
  /** An immediate is pending. */
  #isLooking = false;
  #polls = false;
  #lastLook = 0;
  #heldUp = 0;
  /** The block at hand: its waits and their time. */
  #count = 0;
  #sum = 0;
  /** The mean wait of the last block each way. */
  #meanSleeping = 0;
  #meanPolling = 0;
  /** Blocks that are left to the better way; then the other one is tried for a block. */
  #trust = 1;
  #isTrial = false;
  #nextTrust = FIRST_TRUST;
  #pause = 0;
  #nextPause = FIRST_PAUSE;
  readonly #look = (): void => this.#lookOnce();

  constructor(cores: number, now: () => number, soon: (look: () => void) => unknown = setImmediate) {
    this.#mayPoll = cores > 1;
    this.#now = now;
    this.#soon = soon;
  }

  /** Whether waits are watched at present. */
  get isPolling(): boolean {
    return this.#polls;
  }

  /** Something was sent that will be answered, or that answers: more may come soon. */
  expectSoon(): void {
    if (this.#isWaiting || !this.#mayPoll) return;
    this.#isWaiting = true;
    this.#since = this.#now();
    if (!this.#polls || this.#isLooking) return;
    if (this.#pause > 0) this.#pause--;
    else {
      this.#isLooking = true;
      this.#lastLook = this.#since;
      this.#soon(this.#look);
    }
  }

  /** Something has come in. */
  arrived(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    const now = this.#now();
    if (this.#isLooking && now - this.#lastLook > HELD_UP_MS && ++this.#heldUp >= HELD_UP_TWICE) {
      this.#endTrial(false);
      return;
    }
    const waited = now - this.#since;
    if (waited > LONG_MS) return;
    this.#nextPause = FIRST_PAUSE;
    this.#sum += waited;
    if (++this.#count === BLOCK) this.#endBlock();
  }

  #lookOnce(): void {
    if (!this.#isWaiting || !this.#polls) {
      this.#isLooking = false;
      return;
    }
    const now = this.#now();
    const wasHeldUp = now - this.#lastLook > HELD_UP_MS;
    this.#lastLook = now;
    if (wasHeldUp && ++this.#heldUp >= HELD_UP_TWICE) {
      this.#isLooking = false;
      this.#endTrial(false);
    } else if (now - this.#since <= WATCH_MS) this.#soon(this.#look);
    else {
      this.#isLooking = false;
      this.#pause = this.#nextPause;
      this.#nextPause = Math.min(LONGEST_PAUSE, this.#nextPause * 2);
    }
  }

  #endBlock(): void {
    const mean = this.#sum / BLOCK;
    if (this.#polls) this.#meanPolling = mean;
    else this.#meanSleeping = mean;
    if (this.#trust > 0 && --this.#trust > 0) this.#startBlock(this.#polls);
    else if (this.#trust === 0 && this.#isTrial) this.#endTrial(this.#meanPolling < WORTH * this.#meanSleeping);
    else {
      this.#isTrial = true;
      this.#startBlock(!this.#polls);
    }
  }

  /** Keeps to the better way for a time, the longer the oftener the other one has lost. */
  #endTrial(pollingWins: boolean): void {
    const isNew = this.#isTrial && pollingWins === this.#polls;
    this.#nextTrust = isNew ? FIRST_TRUST : Math.min(LONGEST_TRUST, 2 * this.#nextTrust);
    this.#trust = this.#nextTrust;
    this.#isTrial = false;
    this.#startBlock(pollingWins);
  }

  #startBlock(polls: boolean): void {
    this.#polls = polls;
    this.#sum = 0;
    this.#count = 0;
    this.#heldUp = 0;
  }
}

/** The one of this process. */
export const wakePoll = new WakePoll(
  process.env.TJL_NO_POLLING ? 1 : availableParallelism(),
  performance.now.bind(performance),
);
