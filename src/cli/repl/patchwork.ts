/**
 * A text made out of another one by replacing, inserting and moving parts, with the way back: where in the source each
 * character of the result came from. Errors of rewritten entries point into what the user typed because of it.
 */

interface Edit {
  start: number;
  end: number;
  text: string;
}

interface Piece {
  /** Where it begins in the result. */
  at: number;
  length: number;
  /** Where it begins in the source; text that was put in belongs to one place there. */
  origin: number;
  copied: boolean;
}

export class Patchwork {
  readonly #source: string;
  readonly #edits: Edit[] = [];
  readonly #moved: { start: number; end: number }[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** Replaces a range; ranges given must not overlap each other, nor begin inside one another. */
  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  insert(at: number, text: string): void {
    this.replace(at, at, text);
  }

  /** Takes a range, with the edits inside it, to the front of the result. */
  moveToFront(start: number, end: number): void {
    this.#moved.push({ start, end });
  }

  /** The result: `prefix`, what was moved to the front, `between`, the rest, `suffix`. */
  render(prefix = "", between = "", suffix = ""): { code: string; origin(offset: number): number } {
    const edits = this.#edits.map((edit, order) => ({ ...edit, order }));
    edits.sort((a, b) => a.start - b.start || a.end - b.end || a.order - b.order);
    const moved = this.#moved.sort((a, b) => a.start - b.start);
    const source = this.#source;
    const pieces: Piece[] = [];
    let code = "";

    const put = (text: string, origin: number, copied: boolean): void => {
      if (text === "") return;
      pieces.push({ at: code.length, length: text.length, origin, copied });
      code += text;
    };
    const copy = (start: number, end: number): void => {
      let at = start;
      for (const edit of edits) {
        if (edit.start < start || edit.end > end || edit.start < at) continue;
        put(source.slice(at, edit.start), at, true);
        put(edit.text, edit.start, false);
        at = edit.end;
      }
      put(source.slice(at, end), at, true);
    };

    put(prefix, 0, false);
    for (const range of moved) {
      copy(range.start, range.end);
      put(";", range.end, false);
    }
    put(between, 0, false);
    let at = 0;
    for (const range of moved) {
      copy(at, range.start);
      at = range.end;
    }
    copy(at, source.length);
    put(suffix, source.length, false);

    return {
      code,
      origin: (offset) => {
        const piece = pieces.findLast((p) => p.at <= offset) ?? pieces[0];
        if (!piece) return 0;
        return piece.copied ? Math.min(piece.origin + offset - piece.at, source.length) : piece.origin;
      },
    };
  }
}
