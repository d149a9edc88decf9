/** Waiting for many calls of which some may fail: nothing runs on afterwards that could surprise. */

/** The values; waits for all even when some fail, then throws the first error in order: nothing runs on afterwards. */
export async function settleAll<T>(calls: readonly (Promise<T> | T)[]): Promise<T[]> {
  const settled = await Promise.allSettled(calls);
  const failed = settled.find((s) => s.status === "rejected");
  if (failed) throw failed.reason;
  return settled.map((s) => (s as PromiseFulfilledResult<T>).value);
}
