/** The pages whose code blocks are run and type-checked: README.md and all of docs/. Also runs a page's blocks. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Block, codeBlocks, differs } from "../support/markdown.ts";
import { root } from "../support/run-tjl.ts";
import { openScratch } from "../support/scratch.ts";

export interface Page {
  /** Relative to the root of the repository. */
  path: string;
  text: string;
  blocks: Block[];
}

export const pages: Page[] = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { recursive: true })
    .map((name) => `docs/${String(name)}`)
    .filter((path) => path.endsWith(".md"))
    .sort(),
].map((path) => {
  const text = readFileSync(join(root, path), "utf8");
  return { path, text, blocks: codeBlocks(text) };
});

/**
 * What the lines `console.log(…); // text` promise to print; undefined when there are none. Lines that print without a promise
 * may print anything.
 */
export function promisedByComments(code: string): string | undefined {
  const prints = [...code.matchAll(/^.*\bconsole\.log\(.*?(?:\);? \/\/ (.+))?$/gm)].map((match) =>
    /^\s*console/.test(match[0]) ? match[1] : undefined,
  );
  if (!prints.some((text) => text !== undefined)) return undefined;
  return prints.map((text) => text ?? "…").join("\n");
}

/**
 * Runs the blocks of a page in one folder, in order. A `ts` block is a driver on two workers (`p=4` for four); with `file=name` it
 * is only written there, as any other language is. A `sh` block is a shell script. A `text` block tells what the block before it prints.
 */
export async function runBlocks(page: Page): Promise<string[]> {
  const scratch = openScratch();
  const failures: string[] = [];
  try {
    for (const [i, block] of page.blocks.entries()) {
      const { file, p = "2", status = "0" } = block.info;
      if (block.skipped) continue;
      if (file) writeFileSync(join(scratch.folder, file), block.code);
      else if (block.language === "ts" || block.language === "sh") {
        let command = block.code;
        if (block.language === "ts") {
          const name = `block-${block.line}.ts`;
          writeFileSync(join(scratch.folder, name), block.code);
          command = `tjl ${p === "0" ? "" : `-p ${p}`} ${name}`;
        }
        const result = await scratch.sh(command, { timeoutMs: 60_000 });
        const where = `${page.path}:${block.line}`;
        if (result.status !== Number(status)) {
          failures.push(
            `${where} ended with ${result.status ?? result.signal}\n${`${result.stdout}${result.stderr}`.slice(0, 2000)}`,
          );
        }
        const difference = compare(result.stdout, result.stderr, block, page.blocks[i + 1]);
        if (difference) failures.push(`${where} prints something else\n${difference}`);
      }
    }
  } finally {
    scratch.remove();
  }
  return failures;
}

function compare(stdout: string, stderr: string, block: Block, next: Block | undefined): string | undefined {
  if (next?.language === "text" && !next.skipped)
    return differs(block.info.status ? stdout + stderr : stdout, next.code);
  const promised = promisedByComments(block.code);
  return promised === undefined ? undefined : differs(stdout, promised);
}
