/**
 * Reads the code blocks of a Markdown page and compares printed text with the text a page promises. In promised text `…`
 * stands for anything within a line, and a line that is only `…` for any number of lines.
 */

export interface Block {
  /** "ts", "sh", "text", … */
  language: string;
  /** The words after the language: `file=lib.ts`, `p=4`. */
  info: Record<string, string>;
  code: string;
  /** Where it starts in the page. */
  line: number;
  /** The reason, when a comment `<!-- not run: reason -->` stands before it. */
  skipped?: string;
}

/** All fenced blocks of a page, in order. */
export function codeBlocks(page: string): Block[] {
  const blocks: Block[] = [];
  const lines = page.split("\n");
  let open: { fence: string; block: Block; code: string[] } | undefined;
  let skipped: string | undefined;
  for (const [i, line] of lines.entries()) {
    const fence = /^(`{3,})(.*)$/.exec(line);
    if (open) {
      if (fence?.[1] === open.fence && fence[2] === "") {
        open.block.code = `${open.code.join("\n")}\n`;
        blocks.push(open.block);
        open = undefined;
      } else open.code.push(line);
    } else if (fence) {
      const [language = "", ...words] = (fence[2] ?? "").trim().split(/\s+/);
      const info = Object.fromEntries(words.map((word) => [word.split("=")[0], word.slice(word.indexOf("=") + 1)]));
      const block: Block = { language, info, code: "", line: i + 1 };
      if (skipped) block.skipped = skipped;
      open = { fence: fence[1] ?? "", block, code: [] };
      skipped = undefined;
    } else if (line.trim()) {
      skipped = /<!-- not run: (.+) -->/.exec(line)?.[1];
    }
  }
  if (open) throw new Error(`the block that opens in line ${open.block.line} is not closed`);
  return blocks;
}

/** Undefined when `printed` is what was promised, else a text that shows both. */
export function differs(printed: string, promised: string): string | undefined {
  const body = promised
    .trimEnd()
    .split("\n")
    .map((line) =>
      line.trim() === "…" ? "(?:.*\\n)*?" : `${line.trimEnd().split("…").map(quoted).join(".*")}[ \\t]*\\n`,
    )
    .join("");
  if (new RegExp(`^${body}\\s*$`).test(`${printed.trimEnd()}\n`)) return undefined;
  return `promised:\n${promised.trimEnd()}\n\nprinted:\n${printed.trimEnd()}`;
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
