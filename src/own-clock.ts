/**
 * The clock of the runtime. The build puts it in the place of the global `performance`, which a prompt or driver may give another
 * meaning, and for which Node loads a module when it is first read: a worker starts sooner without.
 */
const { hrtime } = process;

export const performance = {
  /** ms since a moment in the past, the same for all that ask. */
  now(): number {
    const [seconds, nanoseconds] = hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
};
