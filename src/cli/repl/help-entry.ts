/** What the prompt tells of a public name. */
export interface HelpEntry {
  signature: string;
  about: string;
  examples: readonly [string, string];
  trap: string;
}
