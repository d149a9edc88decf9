/** Errors at the prompt: what happened, the line and a caret where it was typed, the user's own frames below. */
import { inspect } from "node:util";
import { InterruptError, UsageError } from "../../errors.ts";
import { userStack } from "../../runtime/closures/stacks.ts";
import type { EntryError } from "./entry.ts";
import { type EntryLog, type LoggedEntry, PROMPT_FILE, withCaret } from "./entry-log.ts";

const FRAME = /^\s+at .*$/;
/** Below this frame is the prompt's own machinery. */
const BOTTOM_FRAME = /\bScript\.runInThisContext\b/;
const NODE_FRAME = /\(?node:/;

export function showError(error: unknown, log: EntryLog, colours: boolean): string {
  const red = (text: string) => (colours ? `\u001b[31m${text}\u001b[39m` : text);
  if (error instanceof InterruptError && error.pid === undefined) return red("Interrupted");
  if (!(error instanceof Error)) return `${red("Uncaught")} ${inspect(error, { colors: colours })}`;
  if (error instanceof UsageError) return red(`${error.name}: ${error.message}`);
  const { head, frames } = splitStack(log.mapStack(userStack(error.stack ?? `${error.name}: ${error.message}`)));
  const place = placeOf(frames[0] ?? "");
  const lineText = place && log.lineText(place);
  const parts = [red(head), ...(place && lineText !== undefined ? [withCaret(lineText, place)] : []), ...frames];
  if (error instanceof AggregateError) {
    for (const inner of error.errors) parts.push(indent(showError(inner, log, colours)));
  }
  return parts.join("\n");
}

/** An entry that could not be understood. */
export function showEntryError(error: EntryError, entry: LoggedEntry, log: EntryLog, colours: boolean): string {
  const place = log.placeOf(entry, error.offset);
  const message = `${error.name}: ${error.message}`;
  const text = `${PROMPT_FILE}:${place.line}:${place.column}`;
  return `${colours ? `\u001b[31m${message}\u001b[39m` : message}\n${withCaret(log.lineText(place) ?? "", place)}\n    at ${text}`;
}

function splitStack(stack: string): { head: string; frames: string[] } {
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => FRAME.test(line));
  if (first < 0) return { head: stack, frames: [] };
  const bottom = lines.findIndex((line) => BOTTOM_FRAME.test(line));
  const frames = lines.slice(first, bottom < 0 ? undefined : bottom);
  return {
    head: lines.slice(0, first).join("\n"),
    frames: frames.filter((line) => FRAME.test(line) && !NODE_FRAME.test(line)),
  };
}

function placeOf(frame: string): { line: number; column: number } | undefined {
  const match = /\bprompt:(\d+):(\d+)/.exec(frame);
  return match ? { line: Number(match[1]), column: Number(match[2]) } : undefined;
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
