/** A value after its way through the codec, as another process would see it. */
import { copyBody } from "../../../src/runtime/wire/body.ts";
import { encodeValue, openBody } from "../../../src/runtime/wire/codec.ts";
import type { Peer } from "../../../src/runtime/wire/extension.ts";

export const peer: Peer = { pid: 2, sameHost: true };

/** Segments get memory of their own, as on a real connection. */
export function sent<T>(value: T): T {
  const encoded = encodeValue(value, peer);
  encoded.commit();
  const segments = encoded.segments.map((segment) => {
    const own = Buffer.allocUnsafeSlow(segment.byteLength);
    own.set(segment);
    return own;
  });
  return openBody(encoded.flags, copyBody(encoded.body), segments, peer).read() as T;
}
