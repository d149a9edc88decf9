/** Stands for a value that could not travel, in a class whose other methods do not need it: any use of it tells why. */
export function poison(message: string): unknown {
  const refuse = (): never => {
    throw new TypeError(message);
  };
  const traps: ProxyHandler<() => void> = {};
  for (const trap of Object.getOwnPropertyNames(Reflect)) (traps as Record<string, unknown>)[trap] = refuse;
  return new Proxy(() => {}, traps);
}
