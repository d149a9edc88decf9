/**
 * Asks the person at the terminal what a manager wants to know: whether a host key is right, a passphrase. Speaks to /dev/tty, so that
 * it also works where standard input is something else. Not at the prompt, whose line editor asks by itself.
 */
import { closeSync, openSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { ReadStream, WriteStream } from "node:tty";
import { InterruptError } from "../errors.ts";
import { type AskOptions, setAsker } from "../managers/asker.ts";

/** From now on questions go to the terminal, where there is one. Ctrl-C at one is what it is elsewhere in a program: the signal. */
export function askAtTerminal(): void {
  if (!hasTerminal()) return;
  setAsker(async (question, options) => {
    try {
      return await ask(question, options);
    } catch (error) {
      if (error instanceof InterruptError) process.kill(process.pid, "SIGINT");
      throw error;
    }
  });
}

/** Whether there is somebody to ask. */
export function hasTerminal(): boolean {
  if (!process.stderr.isTTY) return false;
  try {
    closeSync(openSync("/dev/tty", "r+"));
    return true;
  } catch {
    return false;
  }
}

/** The line that was typed; undefined after Ctrl-D. Rejects with an InterruptError after Ctrl-C. */
export async function ask(question: string, { hidden = false, signal }: AskOptions = {}): Promise<string | undefined> {
  const input = new ReadStream(openSync("/dev/tty", "r"));
  const output = new WriteStream(openSync("/dev/tty", "w"));
  const lines: Interface & { _writeToOutput?(text: string): void } = createInterface({ input, output, terminal: true });
  let isInterrupted = false;
  const answer = await new Promise<string | undefined>((resolve) => {
    const none = () => resolve(undefined);
    signal?.addEventListener("abort", none, { once: true });
    lines.once("close", none);
    lines.once("SIGINT", () => {
      isInterrupted = true;
      none();
    });
    lines.question(question, resolve);
    // What is typed from here on is not shown.
    if (hidden) lines._writeToOutput = () => {};
  });
  lines.close();
  if (hidden || answer === undefined) output.write("\n");
  input.destroy();
  output.end(() => output.destroy());
  if (isInterrupted) throw new InterruptError();
  return answer;
}
