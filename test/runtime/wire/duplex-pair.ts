/** Two streams that are each other's other end, in memory. */
import { Duplex } from "node:stream";

class End extends Duplex {
  other: End | undefined;
  #resume: (() => void) | undefined;

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const other = this.other as End;
    if (other.destroyed) return done();
    if (other.push(Buffer.from(chunk))) process.nextTick(done);
    else other.#resume = done;
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    if (other !== undefined && !other.destroyed && !other.readableEnded) process.nextTick(() => other.push(null));
    done(error);
  }
}

export function duplexPair(): [Duplex, Duplex] {
  const left = new End({ allowHalfOpen: false });
  const right = new End({ allowHalfOpen: false });
  left.other = right;
  right.other = left;
  return [left, right];
}
