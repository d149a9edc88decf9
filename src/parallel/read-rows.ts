/**
 * Elements that have been read and may still be asked for, one list for each collection. The front of the lists is given back as it
 * is released, so that a map over a million elements keeps no more than what is under way.
 *
 *     [ -, -, x, -, x, x ]    - released
 *             ^ head: number `base` + 2
 */

/** The front is cut off when it is this long and half of the list. */
const LEAST_CUT = 4096;

const RELEASED = Symbol("released");

export class ReadRows {
  readonly #columns: unknown[][];
  /** The number of the first row in the lists. */
  #base = 0;
  #head = 0;

  constructor(collections: number) {
    this.#columns = Array.from({ length: collections }, () => []);
  }

  /** How many rows were ever added. */
  get count(): number {
    return this.#base + (this.#columns[0] as unknown[]).length;
  }

  /** Adds the element of one collection; a row is whole when all have theirs. */
  add(collection: number, element: unknown): void {
    (this.#columns[collection] as unknown[]).push(element);
  }

  /** A row was not completed: takes back what the first collections gave for it. */
  dropPart(collections: number): void {
    for (let c = 0; c < collections; c++) (this.#columns[c] as unknown[]).pop();
  }

  cut(first: number, count: number): unknown[][] {
    const from = first - this.#base;
    if (from < this.#head || this.#columns[0]?.[from] === RELEASED) throw new Error(`row ${first} has been released`);
    return this.#columns.map((column) => column.slice(from, from + count));
  }

  release(first: number, count: number): void {
    const [rows] = this.#columns as [unknown[]];
    const from = first - this.#base;
    for (const column of this.#columns) column.fill(RELEASED, from, from + count);
    while (this.#head < rows.length && rows[this.#head] === RELEASED) this.#head++;
    if (this.#head < LEAST_CUT || 2 * this.#head < rows.length) return;
    for (const column of this.#columns) column.splice(0, this.#head);
    this.#base += this.#head;
    this.#head = 0;
  }
}
