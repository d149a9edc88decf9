/**
 * Writes large pieces of the user's own memory without copying them, and yet as they are at the moment of sending: the bytes are
 * handed to the kernel before the call returns. The stream would keep a reference and read the rest of it later, when
 * the user may have changed it. When the other side does not read on, what is left is copied and goes the ordinary way, so that two
 * processes that send to each other at the same time do not wait for each other.
 */
import { writeSync } from "node:fs";
import type { Duplex } from "node:stream";

/**
 * How long the other side may take nothing before the rest is copied: about as long as that would take (1 MiB a millisecond into fresh memory). It may be
 * busy giving back the memory of the array before.
 */
const patienceMs = (bytes: number): number => Math.max(10, bytes / 2 ** 20);
/** A pause between two tries; the kernel's buffer of a socket is full of work for the reader meanwhile. */
const PAUSE_MS = 0.02;

const never = new Int32Array(new SharedArrayBuffer(4));

/** Writes `bytes` after what is queued on the stream already. */
export function push(stream: Duplex, bytes: Uint8Array): void {
  const done = stream.writableLength === 0 ? pushNow(stream, bytes) : 0;
  if (done < bytes.byteLength) stream.write(Buffer.from(bytes.subarray(done)));
}

/** Gives how many bytes the kernel has taken. */
function pushNow(stream: Duplex, bytes: Uint8Array): number {
  const fd = (stream as { _handle?: { fd?: number } })._handle?.fd;
  if (fd === undefined || fd < 0) return 0;
  const { stackTraceLimit } = Error;
  // A full buffer is told by an exception, and its stack is what costs most.
  Error.stackTraceLimit = 0;
  try {
    return pushInto(fd, bytes);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function pushInto(fd: number, bytes: Uint8Array): number {
  let done = 0;
  let taken = performance.now();
  while (done < bytes.byteLength) {
    try {
      done += writeSync(fd, bytes, done);
      taken = performance.now();
    } catch (error) {
      // Anything but a full buffer is for the stream to find and to tell.
      if (
        (error as { code?: unknown }).code !== "EAGAIN" ||
        performance.now() - taken > patienceMs(bytes.byteLength - done)
      )
        break;
      Atomics.wait(never, 0, 0, PAUSE_MS);
    }
  }
  return done;
}
