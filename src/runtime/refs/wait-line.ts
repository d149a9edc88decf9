/**
 * Tasks in a line, each waiting to be handed a value. First come, first served; a task may leave the line early when its
 * AbortSignal says so. What Condition, Channel and the pools wait with.
 */
import { InterruptError } from "../../errors.ts";

interface Place<T, Item> {
  readonly item: Item;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
  previous: Place<T, Item> | undefined;
  next: Place<T, Item> | undefined;
}

/** What a wait that was aborted rejects with. */
export function abortedError(signal: AbortSignal): InterruptError {
  return signal.reason instanceof InterruptError
    ? signal.reason
    : new InterruptError(undefined, { cause: signal.reason });
}

/** A line of waiting tasks; `Item` is what each brings along (the value of a waiting `put`). A linked list, so that leaving is O(1). */
export class WaitLine<T, Item = undefined> {
  #first: Place<T, Item> | undefined;
  #last: Place<T, Item> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What the first task in line brought along. */
  get firstItem(): Item | undefined {
    return this.#first?.item;
  }

  /** Waits at the end of the line. Rejects with InterruptError when `signal` is aborted before it is served. */
  join(item: Item, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    return new Promise<T>((resolve, reject) => {
      const place: Place<T, Item> = {
        item,
        resolve,
        reject,
        signal,
        onAbort: undefined,
        previous: this.#last,
        next: undefined,
      };
      if (this.#last) this.#last.next = place;
      else this.#first = place;
      this.#last = place;
      this.#length++;
      if (signal) {
        place.onAbort = () => {
          this.#remove(place);
          reject(abortedError(signal));
        };
        signal.addEventListener("abort", place.onAbort, { once: true });
      }
    });
  }

  /** Serves the first in line and says what it brought along; false when nobody waits. */
  serve(value: T): { item: Item } | false {
    const place = this.#first;
    if (!place) return false;
    this.#remove(place);
    place.resolve(value);
    return place;
  }

  /** Serves everybody who waits now. */
  serveAll(value: T): number {
    let count = 0;
    for (let left = this.#length; left > 0; left--) if (this.serve(value)) count++;
    return count;
  }

  /** Sends everybody away with an error. */
  dismiss(error: unknown): void {
    for (let place = this.#first; place; place = this.#first) {
      this.#remove(place);
      place.reject(error);
    }
  }

  #remove(place: Place<T, Item>): void {
    if (place.previous) place.previous.next = place.next;
    else this.#first = place.next;
    if (place.next) place.next.previous = place.previous;
    else this.#last = place.previous;
    place.previous = undefined;
    place.next = undefined;
    this.#length--;
    if (place.signal && place.onAbort) place.signal.removeEventListener("abort", place.onAbort);
  }
}
