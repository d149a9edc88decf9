/**
 * Memory that is used for a moment, again and again: fresh memory costs more (page faults) than what is done with it. What has
 * not been used for some seconds is let go.
 */

const MOST_BYTES = 128 * 2 ** 20;
const LINGER_MS = 5000;

let idle: ArrayBuffer[] = [];
let timer: NodeJS.Timeout | undefined;

/** A stretch of that many bytes with whatever is in it. */
export function borrow(bytes: number): Uint8Array {
  const fitting = idle.filter((buffer) => buffer.byteLength >= bytes).sort((a, b) => a.byteLength - b.byteLength)[0];
  if (!fitting) return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer, 0, bytes);
  idle = idle.filter((buffer) => buffer !== fitting);
  return new Uint8Array(fitting, 0, bytes);
}

/** Nobody uses it any more. */
export function giveBack(stretch: Uint8Array): void {
  idle.push(stretch.buffer as ArrayBuffer);
  while (idle.reduce((sum, buffer) => sum + buffer.byteLength, 0) > MOST_BYTES) idle.shift();
  if (timer) timer.refresh();
  else timer = setTimeout(forget, LINGER_MS).unref();
}

function forget(): void {
  idle = [];
  timer = undefined;
}
