/** `count_heads` of Julia's manual. It is an import of the driver, so workers import it too; nothing has to be copied. */
export function countHeads(n: number): number {
  let c = 0;
  for (let i = 0; i < n; i++) if (Math.random() < 0.5) c++;
  return c;
}
