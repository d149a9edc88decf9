/** What a pasted block means at the prompt: plain text, or a copied session whose prompts and results are taken out. Pure. */

const PROMPT = /^\s*tjl(?:\[[^\]]*\])?> ?/;

/** Line ends as the prompt has them; no escape sequences. */
export function cleanPaste(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\u001b", "");
}

/**
 * The entries of a copied session, or undefined when the text holds no copied prompt. After a prompt, lines belong to its entry as
 * long as `isIncomplete` says so; what follows was printed, and is dropped.
 */
export function entriesOfCopiedSession(
  text: string,
  isIncomplete: (entry: string) => boolean,
): { entries: string[]; endsOpen: boolean } | undefined {
  const lines = text.split("\n");
  if (!PROMPT.test(lines.find((line) => line.trim() !== "") ?? "")) return undefined;
  const entries: string[] = [];
  let open: string[] | undefined;
  let width = 0;
  for (const line of lines) {
    const prompt = PROMPT.exec(line);
    if (prompt) {
      width = prompt[0].length;
      open = [line.slice(width)];
      entries.push("");
    } else if (open && isIncomplete(open.join("\n"))) {
      open.push(line.startsWith(" ".repeat(width)) ? line.slice(width) : line);
    } else open = undefined;
    if (open) entries[entries.length - 1] = open.join("\n");
  }
  // A copy that ends in the middle of its last line leaves that entry to be finished by hand.
  const endsOpen = open !== undefined && !text.endsWith("\n");
  return { entries: entries.filter((entry) => entry.trim() !== ""), endsOpen };
}
