/** How often a property is tried: TJL_FUZZ=100 makes a long hunt of what is a short check by default. */
export function runs(count: number): { numRuns: number } {
  return { numRuns: Math.ceil(count * Number(process.env.TJL_FUZZ ?? 1)) };
}
