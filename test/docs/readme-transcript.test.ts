/** The session at the top of the README, typed into a real prompt: every entry prints what the README shows, but for chance. */
import { expect, test } from "vitest";
import { withPrompt } from "../cli/repl/terminal.ts";
import { differs } from "../support/markdown.ts";
import { pages } from "./pages.ts";

test("the session in the README is what happens", { timeout: 90_000 }, async () => {
  const readme = pages.find((page) => page.path === "README.md");
  const transcript = readme?.blocks.find((block) => block.code.startsWith("$ tjl"))?.code ?? "";
  const [command = "", ...lines] = transcript.trimEnd().split("\n");
  const entries: { entry: string; promised: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("tjl> ")) entries.push({ entry: line.slice(5), promised: [] });
    else entries.at(-1)?.promised.push(line);
  }
  expect(entries.length).toBeGreaterThan(5);
  const args = command.split(" ").slice(2);
  await withPrompt({ args, columns: 120, rows: 60, env: { NO_COLOR: "1" } }, async (terminal) => {
    for (const { entry, promised } of entries) {
      const screen = await terminal.run(entry, 30_000);
      expect(differs(screen, withoutChance(promised.join("\n"))), `tjl> ${entry}`).toBeUndefined();
    }
  });
});

/** Random numbers, their sum, and the numbers of references may be any. */
function withoutChance(text: string): string {
  return text.replace(/(?<=\d\.)\d{4,}|^\d{8,9}$|(?<=RemoteRef\(2,1,)\d+/gm, "…");
}
