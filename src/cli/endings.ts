/**
 * How a run ends: errors nobody caught, Ctrl-C, a reader that has gone, a program that waits for what can no longer happen. Workers
 * need nothing here: they end with this process, whatever ends it.
 */
export const Status = {
  THREW: 1,
  USAGE: 2,
  NO_WORKERS: 3,
  STUCK: 13,
  INTERRUPTED: 130,
  /** As a shell counts a program that was ended by SIGPIPE. */
  READER_GONE: 141,
} as const;

/** Whether errors and other texts of ours are coloured. */
let wantsColour: boolean | undefined;

/** --color and --no-color; Node's own output, here and on workers, follows the environment. */
export function setColour(colour: boolean | undefined): void {
  wantsColour = colour;
  if (colour === true) process.env.FORCE_COLOR = "1";
  if (colour === false) process.env.NO_COLOR = "1";
  if (colour !== undefined) delete process.env[colour ? "NO_COLOR" : "FORCE_COLOR"];
}

export function coloursOn(stream: "stdout" | "stderr"): boolean {
  if (wantsColour !== undefined) return wantsColour;
  return Boolean(process[stream].isTTY) && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** Tells an error on stderr. */
export async function tellError(error: unknown, before = ""): Promise<void> {
  const { renderError } = await import("./print-error.ts");
  process.stderr.write(`${before}${renderError(error, { colours: coloursOn("stderr") })}\n`);
}

/** A line of ours on stderr. */
export function tell(text: string): void {
  process.stderr.write(`tjl: ${text}\n`);
}

/** Tells the error and ends, once both streams have been written out. */
export async function endWith(error: unknown, status: number = Status.THREW): Promise<never> {
  try {
    await tellError(error);
  } catch (broken) {
    process.stderr.write(`${String(error)}\n(and it could not be shown better: ${String(broken)})\n`);
  }
  return exit(status);
}

/** Ends the process. What pipes have not taken yet is written first. */
export async function exit(status: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(writtenOut));
  process.exit(status);
}

function writtenOut(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("close", resolve);
    stream.write("", () => resolve());
  });
}

let isEnding = false;

/** Errors that the program does not catch end it, unless it listens for them itself. */
export function watchUncaught(): void {
  process.on("uncaughtException", (error: unknown) => {
    if (isReaderGone(error)) process.exit(Status.READER_GONE);
    if (isEnding || process.listenerCount("uncaughtException") > 1) return;
    isEnding = true;
    void endWith(error);
  });
}

/** `tjl … | head -1`: nobody reads on, which is no error of ours. */
function isReaderGone(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code === "EPIPE" && syscall === "write";
}

let settles = true;

/** While `work` has not settled the program is not over: when nothing is left that could settle it, that is said. */
export async function untilSettled<T>(name: string, work: Promise<T>): Promise<T> {
  settles = false;
  process.once("beforeExit", () => {
    if (settles) return;
    tell(`${name} is not finished: it waits (await, at its top level) for a promise that nothing can settle any more`);
    void exit(Status.STUCK);
  });
  try {
    return await work;
  } finally {
    settles = true;
  }
}
