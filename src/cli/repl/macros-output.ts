/**
 * A text made from the user's text from front to back: copy, leave out, put in. Lines stay where they are, because the ends of
 * lines that are left out are made up for, and every place of the result knows where it came from.
 */

interface Piece {
  /** Where it begins in the result. */
  at: number;
  /** Where it begins in the source; all of what was put in belongs to one place. */
  origin: number;
  isCopy: boolean;
}

/** A text made out of another one, with the way back. */
export interface Derived {
  code: string;
  /** Where in the user's text the character at this offset of `code` came from. */
  origin(offset: number): number;
}

export class Output {
  readonly #source: string;
  readonly #pieces: Piece[] = [];
  #code = "";
  /** How much of the source is done with. */
  #done = 0;
  /** Ends of lines that were left out and are still to be made up for. */
  #owed = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Copies the source up to `offset`. */
  copyTo(offset: number): void {
    if (offset <= this.#done) return;
    this.#settle();
    this.#add(this.#source.slice(this.#done, offset), this.#done, true);
    this.#done = offset;
  }

  /** Leaves out the source up to `offset`. */
  skipTo(offset: number): void {
    if (offset <= this.#done) return;
    this.#owed += this.#source.slice(this.#done, offset).match(LINE_ENDS)?.length ?? 0;
    this.#done = offset;
  }

  /** Puts in text of one line, which belongs to `origin`, by default to where the source is being read. */
  put(text: string, origin: number = this.#done): void {
    this.#add(text, origin, false);
    this.#settle();
  }

  result(): Derived {
    this.copyTo(this.#source.length);
    this.#settle();
    const pieces = this.#pieces;
    const length = this.#source.length;
    return {
      code: this.#code,
      origin(offset) {
        const piece = pieceAt(pieces, offset);
        if (!piece) return 0;
        return Math.min(piece.isCopy ? piece.origin + offset - piece.at : piece.origin, length);
      },
    };
  }

  /** What was left out between two words may have ended lines: they end after the words that came instead. */
  #settle(): void {
    if (this.#owed === 0) return;
    const lines = "\n".repeat(this.#owed);
    this.#owed = 0;
    this.#add(lines, this.#done, false);
  }

  #add(text: string, origin: number, isCopy: boolean): void {
    if (text === "") return;
    this.#pieces.push({ at: this.#code.length, origin, isCopy });
    this.#code += text;
  }
}

const LINE_ENDS = /\r\n|[\n\r\u2028\u2029]/g;

/** The last piece that begins at or before `offset`. */
function pieceAt(pieces: readonly Piece[], offset: number): Piece | undefined {
  let low = 0;
  let high = pieces.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((pieces[middle] as Piece).at <= offset) low = middle;
    else high = middle;
  }
  return pieces[low];
}
