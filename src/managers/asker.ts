/**
 * Questions to the person at the terminal: whether a host key is right, a passphrase, a password. The command line says how to ask;
 * without that nothing is asked and what would need an answer fails.
 */

export interface Asker {
  /** A question that is answered with yes or no. */
  confirm(question: string): Promise<boolean>;
  /** A secret, not shown while it is typed; undefined when none is given. */
  secret(question: string): Promise<string | undefined>;
}

let current: Asker | undefined;
let lastQuestion: Promise<unknown> = Promise.resolve();

/** Sets how questions are asked from now on; undefined: not at all. */
export function setAsker(asker: Asker | undefined): void {
  current = asker && oneAtATime(asker);
}

/** How questions are asked; undefined when nobody can be asked. */
export function currentAsker(): Asker | undefined {
  return current;
}

/** Several machines may have questions at once; the person gets one after the other. */
export function oneAtATime(asker: Asker): Asker {
  const queue = <T>(ask: () => Promise<T>): Promise<T> => {
    const answer = lastQuestion.then(ask);
    lastQuestion = answer.catch(() => {});
    return answer;
  };
  return {
    confirm: (question) => queue(() => asker.confirm(question)),
    secret: (question) => queue(() => asker.secret(question)),
  };
}
