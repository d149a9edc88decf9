/** What the main thread of a prompt and the thread beside it share: two numbers, and the messages that go to the main thread. */

/** The main thread moves a counter on this often while an entry waits. */
export const BEAT_MS = 100;

/** Places in the shared numbers: whether an entry waits, and that counter. */
export const IS_ON = 0;
export const BEATS = 1;

/** What ran was ended; or what was typed and is not for the thread. */
export type ToMain = "terminated" | Uint8Array;
