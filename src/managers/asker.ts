/**
 * Questions to the person at the terminal: whether a host key is right, a passphrase, a password. The command line says how to ask;
 * without that nothing is asked and what would need an answer fails.
 */

export interface AskOptions {
  /** Not shown while it is typed. */
  hidden?: boolean;
  /** Whether this is an answer; the question is put again until it is. */
  isAnswer?(text: string): boolean;
  /** Aborted when nobody waits for the answer any more: the question goes away. */
  signal?: AbortSignal | undefined;
}

/** Asks, and gives the line that was typed; undefined when there is no answer. Rejects with an InterruptError after Ctrl-C. */
export type Asker = (question: string, options?: AskOptions) => Promise<string | undefined>;

let current: Asker | undefined;
let othersMayAsk = true;
let lastQuestion: Promise<unknown> = Promise.resolve();

/**
 * Sets how questions are asked from now on; undefined: not at all. `ownsTerminal`: nobody else can ask there, such as a program that is
 * started.
 */
export function setAsker(asker: Asker | undefined, { ownsTerminal = false } = {}): void {
  current = asker && around(untilAnswered(asker), inTurn);
  othersMayAsk = !ownsTerminal;
}

/** How questions are asked; undefined when nobody can be asked. */
export function currentAsker(): Asker | undefined {
  return current;
}

/** Whether a program that is started can ask at the terminal by itself. */
export function programsMayAsk(): boolean {
  return othersMayAsk && process.stdin.isTTY;
}

/** A question of yes or no; no answer is no. */
export async function confirm(asker: Asker, question: string): Promise<boolean> {
  const isAnswer = (text: string) => /^\s*(y|yes|n|no)\s*$/i.test(text);
  return /^\s*y/i.test((await asker(`${question} (yes/no) `, { isAnswer })) ?? "");
}

/** The same asker with something done around each question. */
export function around(
  asker: Asker,
  wrap: (ask: () => Promise<string | undefined>) => Promise<string | undefined>,
): Asker {
  return (question, options) => wrap(async () => (options?.signal?.aborted ? undefined : asker(question, options)));
}

/** The same asker for as long as the signal is not aborted. */
export function until(asker: Asker, signal: AbortSignal): Asker {
  return (question, options) => asker(question, { ...options, signal });
}

function untilAnswered(asker: Asker): Asker {
  return async (question, options) => {
    for (;;) {
      const answer = await asker(question, options);
      if (answer === undefined || (options?.isAnswer?.(answer) ?? true)) return answer;
    }
  };
}

/** Several machines may have questions at once; the person gets one after the other. */
function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  const answer = lastQuestion.then(ask);
  lastQuestion = answer.catch(() => {});
  return answer;
}
