/** `f<number>(x)` is JavaScript too, and means something else there: such text goes to the compiler, though it would run as it is. */
export function mayHaveTypeArguments(text: string): boolean {
  return /[\w$]\s*<[^;]*>\s*[(`]/.test(text);
}
