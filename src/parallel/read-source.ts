/**
 * Collections that can only be read one element after the other, in step, no further than asked. Elements are kept until they are
 * released, so that they can be tried again.
 */
import { isPromiseLike } from "../runtime/refs/context.ts";
import { ReadRows } from "./read-rows.ts";
import type { Columns, Source } from "./source.ts";

export type Reader = Iterator<unknown> | AsyncIterator<unknown>;

export class ReadSource implements Source {
  readonly total = undefined;
  readonly #readers: readonly Reader[];
  readonly #rows: ReadRows;
  /** How many rows `read` has told of, and up to which number it wants them. */
  #told = 0;
  #target = 0;
  /** How many collections have given their element of the row that is being read. */
  #inRow = 0;
  /** The reading that waits for a collection. */
  #reading: Promise<void> | undefined;
  /** Whoever waits for rows. */
  #wake: (() => void) | undefined;
  #failed: { error: unknown } | undefined;
  #ended = false;

  constructor(readers: readonly Reader[]) {
    this.#readers = readers;
    this.#rows = new ReadRows(readers.length);
  }

  read(count: number): number | Promise<number> {
    this.#target = this.#told + count;
    if (!this.#reading) {
      const waiting = this.#readNow();
      if (waiting) this.#reading = this.#readOn(waiting);
    }
    return this.#reading && this.#news < count ? this.#later() : this.#tell();
  }

  columns(first: number, count: number): Columns {
    return this.#rows.cut(first, count);
  }

  release(first: number, count: number): void {
    this.#rows.release(first, count);
  }

  close(): void {
    this.#end(undefined);
  }

  /** Whole rows that `read` has not told of. */
  get #news(): number {
    return (this.#inRow > 0 ? this.#rows.count - 1 : this.#rows.count) - this.#told;
  }

  #tell(): number {
    const news = this.#news;
    if (news === 0 && this.#failed) throw this.#failed.error;
    this.#told += news;
    return news;
  }

  /**
   * A source that answers at once is read on; one that keeps us waiting hands over what it has at the end of the turn, so that the
   * workers need not wait for elements that may be long in coming.
   */
  #later(): Promise<number> {
    return new Promise((resolve, reject) => {
      let turn: NodeJS.Immediate | undefined;
      const finish = () => {
        clearImmediate(turn);
        this.#wake = undefined;
        try {
          resolve(this.#tell());
        } catch (error) {
          reject(error);
        }
      };
      this.#wake = () => {
        if (!this.#reading || this.#told + this.#news >= this.#target) finish();
        else if (this.#news > 0) turn ??= setImmediate(finish);
      };
      this.#wake();
    });
  }

  /** Reads up to the target. Gives what has to be waited for before it can go on. */
  #readNow(): PromiseLike<IteratorResult<unknown>> | undefined {
    while (!this.#ended && this.#told + this.#news < this.#target) {
      const reader = this.#readers[this.#inRow] as Reader;
      try {
        const step = reader.next();
        if (isPromiseLike(step)) return step;
        this.#arrived(reader, step);
      } catch (error) {
        this.#fail(reader, error);
      }
    }
    return undefined;
  }

  async #readOn(first: PromiseLike<IteratorResult<unknown>>): Promise<void> {
    for (let waiting: typeof first | undefined = first; waiting; waiting = this.#readNow()) {
      const reader = this.#readers[this.#inRow] as Reader;
      try {
        this.#arrived(reader, await waiting);
      } catch (error) {
        this.#fail(reader, error);
      }
      this.#wake?.();
    }
    this.#reading = undefined;
    this.#wake?.();
  }

  #arrived(reader: Reader, step: IteratorResult<unknown>): void {
    if (this.#ended) return;
    if (step.done) return this.#end(reader);
    this.#rows.add(this.#inRow, step.value);
    this.#inRow = this.#inRow + 1 === this.#readers.length ? 0 : this.#inRow + 1;
  }

  #fail(reader: Reader, error: unknown): void {
    this.#failed = { error };
    this.#end(reader);
  }

  /** Tells the collections that have not ended by themselves that no more is wanted, so that they can clean up. */
  #end(endedItself: Reader | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#rows.dropPart(this.#inRow);
    this.#inRow = 0;
    for (const reader of this.#readers) if (reader !== endedItself) giveUp(reader);
  }
}

/** Nobody is interested in how a source cleans up. */
function giveUp(reader: Reader): void {
  try {
    Promise.resolve(reader.return?.()).catch(() => {});
  } catch {}
}
