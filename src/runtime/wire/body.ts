/**
 * The packed bytes of one message: a stretch of a larger buffer. Views are not made of it on the hot path, because
 * making one costs as much as decoding a small message.
 */
export interface Body {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A body of no bytes. */
export const emptyBody: Body = { bytes: Buffer.alloc(0), start: 0, end: 0 };

/** A body that holds all of `bytes`. */
export function wholeBody(bytes: Uint8Array): Body {
  return { bytes: asBuffer(bytes), start: 0, end: bytes.byteLength };
}

/** A body of its own memory, for one that must outlive the callback it was given to. */
export function copyBody(body: Body): Body {
  const bytes = Buffer.allocUnsafeSlow(body.end - body.start);
  body.bytes.copy(bytes, 0, body.start, body.end);
  return { bytes, start: 0, end: bytes.length };
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
