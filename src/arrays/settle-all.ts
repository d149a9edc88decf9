/**
 * The values of calls of which some may fail: waits for all even then, and throws the first error in order, so that nothing runs on
 * afterwards that could surprise.
 */
export function settleAll<T>(calls: readonly (Promise<T> | T)[]): Promise<T[]> {
  // The usual end, that all go well, without an object for each.
  return Promise.all(calls).catch(async () => {
    const settled = await Promise.allSettled(calls);
    const failed = settled.find((s) => s.status === "rejected");
    throw failed?.reason;
  });
}
