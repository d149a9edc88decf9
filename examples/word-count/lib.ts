// What every process needs to know: loaded on all of them with -L, before the driver starts.
import { readFile } from "node:fs/promises";

export type Counts = Map<string, number>;

/** Counts the words of one file; words are runs of letters, with apostrophes inside, in lower case. */
export async function countWords(file: string): Promise<Counts> {
  const text = await readFile(file, "utf8");
  const counts: Counts = new Map();
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+(?:['’]\p{L}+)*/gu))
    counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Adds the counts of `more` to `sum`. */
export function addCounts(sum: Counts, more: Counts): Counts {
  for (const [word, n] of more) sum.set(word, (sum.get(word) ?? 0) + n);
  return sum;
}
