/** "Did you mean": the word of a list that is nearest to a mistyped one. */

/** The nearest word, undefined when none is near enough to be meant. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const limit = word.length <= 4 ? 1 : 2;
  const ranked = words
    .map((candidate) => ({ candidate, far: distance(word, candidate) }))
    .sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best && best.far <= limit ? best.candidate : undefined;
}

/** How many letters must be put in, left out or changed to come from one word to the other (Levenshtein). */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
