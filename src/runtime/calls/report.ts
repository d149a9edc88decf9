/** Errors that nobody waits for are told where they happened: on stderr of the process, or where the prompt puts them. */
import { inspect } from "node:util";

let report = (error: unknown): void => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}\n`);
};

export function reportError(error: unknown): void {
  report(error);
}

/** The command line renders errors for people; it takes over here. */
export function setErrorReporter(reporter: (error: unknown) => void): void {
  report = reporter;
}
