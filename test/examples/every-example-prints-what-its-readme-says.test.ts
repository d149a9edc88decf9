/** Each folder of examples/ has a README whose commands run, from the root of the repository, and print what it says. */
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codeBlocks, differs } from "../support/markdown.ts";
import { root } from "../support/run-tjl.ts";
import { openScratch } from "../support/scratch.ts";

const examples = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe.each(examples)("examples/%s", (name) => {
  const readme = join(root, "examples", name, "README.md");

  test("has a README that says what is learnt, how it runs and what it prints", () => {
    expect(existsSync(readme)).toBe(true);
    const languages = codeBlocks(readFileSync(readme, "utf8")).map((block) => block.language);
    expect(languages).toContain("sh");
    expect(languages).toContain("text");
  });

  test("prints what its README says", { timeout: 90_000 }, async () => {
    const blocks = codeBlocks(readFileSync(readme, "utf8"));
    const scratch = openScratch();
    try {
      cpSync(join(root, "examples"), join(scratch.folder, "examples"), { recursive: true });
      for (const [i, block] of blocks.entries()) {
        if (block.language !== "sh" || block.skipped) continue;
        // "sh root": only root can.
        if ("root" in block.info && process.getuid?.() !== 0) continue;
        const result = await scratch.sh(block.code, { timeoutMs: 80_000 });
        const promised = blocks[i + 1]?.language === "text" ? blocks[i + 1]?.code : undefined;
        const printed = result.stdout + result.stderr;
        expect(promised === undefined ? undefined : differs(printed, promised)).toBeUndefined();
        if (!("status" in block.info)) expect({ status: result.status, printed }).toMatchObject({ status: 0 });
        else expect(result.status).toBe(Number(block.info.status));
      }
    } finally {
      scratch.remove();
    }
  });
});
