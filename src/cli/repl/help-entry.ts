/** What `?name` tells: the shape of one text. */

export interface HelpEntry {
  signature: string;
  about: string;
  /** Two entries that can be typed at a prompt with two workers. */
  examples: readonly [string, string];
  /** What goes wrong most easily. */
  trap: string;
}

export type HelpTexts = Readonly<Record<string, HelpEntry>>;

export function entry(signature: string, about: string, examples: readonly [string, string], trap: string): HelpEntry {
  return { signature, about, examples, trap };
}
