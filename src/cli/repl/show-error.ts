/** Errors at the prompt: what happened, the user's own frames, the line that was typed with a caret under the place. */
import { InterruptError, UsageError } from "../../errors.ts";
import { codeFrame } from "../code-frame.ts";
import { renderError } from "../print-error.ts";
import type { EntryError } from "./entry.ts";
import { type EntryLog, type LoggedEntry, PROMPT_FILE } from "./entry-log.ts";

export function showError(error: unknown, colours: boolean): string {
  if (error instanceof InterruptError && error.pid === undefined) return red("Interrupted", colours);
  if (error instanceof UsageError) return red(`${error.name}: ${error.message}`, colours);
  return renderError(error, { colours });
}

/** An entry that could not be understood. */
export function showEntryError(error: EntryError, entry: LoggedEntry, log: EntryLog, colours: boolean): string {
  const { line, column } = log.placeOf(entry, error.offset);
  const head = red(`${error.name}: ${error.message}`, colours);
  return `${head}\n    at ${PROMPT_FILE}:${line}:${column}\n\n${codeFrame(log.text(), line, column)}`;
}

function red(text: string, colours: boolean): string {
  return colours ? `\u001b[31m${text}\u001b[39m` : text;
}
