/**
 * Asks the person at the terminal what a manager wants to know: whether a host key is right, a passphrase. Speaks to /dev/tty, so that
 * it also works where standard input is something else. Not at the prompt, which has the terminal for itself.
 */
import { closeSync, openSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { ReadStream, WriteStream } from "node:tty";
import { setAsker } from "../managers/asker.ts";

/** From now on questions go to the terminal, where there is one. */
export function askAtTerminal(): void {
  if (!process.stderr.isTTY || !hasTerminal()) return;
  setAsker({
    confirm: async (question) => /^y(es)?$/i.test((await ask(`${question} (yes/no) `)) ?? ""),
    secret: (question) => ask(question, { hidden: true }),
  });
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r+"));
    return true;
  } catch {
    return false;
  }
}

/** The line that was typed; undefined when Ctrl-C or Ctrl-D was. */
function ask(question: string, { hidden = false } = {}): Promise<string | undefined> {
  const input = new ReadStream(openSync("/dev/tty", "r"));
  const output = new WriteStream(openSync("/dev/tty", "w"));
  const lines: Interface & { _writeToOutput?(text: string): void } = createInterface({ input, output, terminal: true });
  return new Promise((resolve) => {
    const done = (answer: string | undefined) => {
      // First, because closing says that there is no answer.
      resolve(answer);
      lines.close();
      if (hidden) output.write("\n");
      input.destroy();
      output.end(() => output.destroy());
    };
    lines.once("SIGINT", () => done(undefined));
    lines.once("close", () => resolve(undefined));
    lines.question(question, done);
    // What is typed from here on is not shown.
    if (hidden) lines._writeToOutput = () => {};
  });
}
