/** Julia's own spelling of our names, for code copied from its manual. */
export const juliaSpellings: Readonly<Record<string, string>> = {
  remotecall_fetch: "remotecallFetch",
  remotecall_wait: "remotecallWait",
};
