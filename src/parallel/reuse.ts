/**
 * Notices a function that gives the same object again and again (a buffer that it fills anew each time). Its results must travel one
 * by one: in a batch, all of them would be the last one.
 */
export class ReuseWatch {
  readonly #seen = new WeakSet<object>();
  #found = false;

  /** Whether the function hands out its objects more than once, this one or one before. Always false for primitives. */
  isReused(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    if (!this.#found) this.#found = this.#wasSeen(value) || this.#hasSeenBuffer(value);
    return this.#found;
  }

  #wasSeen(value: object): boolean {
    if (this.#seen.has(value)) return !Object.isFrozen(value);
    this.#seen.add(value);
    return false;
  }

  /** One level down, where small records keep their buffers. */
  #hasSeenBuffer(value: object): boolean {
    if (ArrayBuffer.isView(value)) return false;
    const parts = Array.isArray(value) ? value : Object.values(value);
    if (parts.length > 16) return false;
    return parts.some((part) => ArrayBuffer.isView(part) && this.#wasSeen(part));
  }
}
