/** Ctrl-C at a real terminal ends a program even while it computes and cannot answer. */
import { expect, test } from "vitest";
import { waitFor } from "../support/wait-for.ts";
import { Terminal } from "./repl/terminal.ts";

test.each([
  ["waits", "setTimeout(() => console.log('rea' + 'dy'), 20); setInterval(() => {}, 1000);"],
  ["computes", "console.log('rea' + 'dy'); for (;;) {}"],
  ["computes after a pause", "await new Promise((r) => setTimeout(r, 100)); console.log('rea' + 'dy'); for (;;) {}"],
])("a program that %s", async (_, code) => {
  const terminal = new Terminal({ args: ["-e", code] });
  try {
    await waitFor("the program", () => terminal.text.includes("ready"));
    terminal.type("\u0003");
    await waitFor("its end", () => terminal.status !== undefined, { timeoutMs: 8_000 });
    expect(terminal.status).toBe(130);
  } finally {
    await terminal.close();
  }
});
