/**
 * Keeps the event loop alive while something is awaited from another process. Connections themselves are unreferenced in
 * the master, so that a program that only has idle workers ends by itself.
 */
let waiting = 0;
let timer: NodeJS.Timeout | undefined;

const LONGEST_MS = 2 ** 31 - 1;

export function holdOpen(): void {
  waiting += 1;
  if (waiting > 1) return;
  if (timer) timer.ref();
  else timer = setInterval(() => {}, LONGEST_MS);
}

export function letGo(): void {
  waiting -= 1;
  if (waiting === 0) timer?.unref();
}
