/**
 * The reader of frames: the same bytes give the same frames, however they are cut and wherever they are read into; what is no frame is a
 * FrameError; and what was delivered, written again, is what came.
 */
import { deepStrictEqual, ok } from "node:assert";
import {
  FrameError,
  type FrameLimits,
  FrameReader,
  HEADER_BYTES,
  hasLanded,
  writeHeader,
  writeSegmentLength,
} from "../../src/runtime/wire/frames.ts";

const limits: FrameLimits = { bodyBytes: 40_000, segments: 40, segmentBytes: 40_000 };
/** A reader with a frame that is not complete gets so much more, so that long ones come to their end. */
const FILLING = Buffer.alloc(48_000, 0x5a);

export function seeds(): Buffer[] {
  const [none, some, large] = [Buffer.alloc(0), Buffer.from("some"), Buffer.alloc(18_000, 7)];
  const frames = [
    written(1, 0, 1, none, []),
    written(2, 1, 2 ** 47, some, []),
    written(3, 2, 3, some, [some, none, some]),
    written(4, 3, 2 ** 33, none, [none, none]),
  ];
  const toBeFilled = [written(5, 0, 5, large, []), written(6, 0, 6, some, [large, large])];
  return [...frames, Buffer.concat(frames), ...toBeFilled.map((bytes) => bytes.subarray(0, 40))].map((bytes) =>
    Buffer.concat([Buffer.from([3, 17, 0, 255]), bytes]),
  );
}

/** The first four bytes say how the others are cut. */
export function fuzz(data: Buffer): void {
  if (data.length < 4) return;
  const stream = Buffer.concat([data.subarray(4), FILLING]);
  const sizes = [...data.subarray(0, 4)].map((size) => 1 + size * (size % 3 === 0 ? 100 : 1));
  const whole = outcome(stream, [stream.length], false);
  const cut = outcome(stream, sizes, false);
  const inRoom = outcome(stream, sizes, true);
  deepStrictEqual(cut, whole);
  deepStrictEqual(inRoom, whole);
  const again = Buffer.concat(whole.frames);
  ok(again.equals(stream.subarray(0, again.length)), "frames are not what came");
}

interface Outcome {
  frames: Buffer[];
  error: string | undefined;
  atBoundary: boolean;
}

function outcome(stream: Buffer, sizes: readonly number[], usesRoom: boolean): Outcome {
  const frames: Buffer[] = [];
  const prepared = (_kind: number, id: number, lengths: readonly number[]) =>
    usesRoom && id % 2 === 1 ? lengths.map((length) => Buffer.alloc(length)) : undefined;
  const reader = new FrameReader(
    (kind, flags, id, body, segments) => {
      ok(segments.every((segment) => hasLanded(segment) === (usesRoom && id % 2 === 1)));
      const own = Buffer.from(body.bytes.subarray(body.start, body.end));
      frames.push(written(kind, flags, id, own, segments));
    },
    limits,
    prepared,
  );
  let error: string | undefined;
  try {
    for (let at = 0, i = 0; at < stream.length; i++)
      at += feed(reader, stream, at, sizes[i % sizes.length] as number, usesRoom);
  } catch (thrown) {
    if (!(thrown instanceof FrameError)) throw thrown;
    error = thrown.message;
  }
  return { frames, error, atBoundary: error !== undefined || reader.atBoundary };
}

/** One piece, as a socket would deliver it: into the room that the reader offers, or in a buffer that is used again. */
function feed(reader: FrameReader, stream: Buffer, at: number, size: number, usesRoom: boolean): number {
  const room = usesRoom ? reader.room() : undefined;
  const count = Math.min(size, stream.length - at, room?.byteLength ?? size);
  const piece = stream.subarray(at, at + count);
  if (room) {
    room.set(piece);
    reader.filled(count);
  } else {
    const kept = Buffer.alloc(count + 3, 0xee);
    piece.copy(kept, 3);
    reader.push(kept, 3, 3 + count);
    kept.fill(0xdd);
  }
  return count;
}

function written(kind: number, flags: number, id: number, body: Buffer, segments: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 8 * segments.length);
  writeHeader(head, 0, kind, flags, id, body.length, segments.length);
  for (const [i, { byteLength }] of segments.entries()) writeSegmentLength(head, HEADER_BYTES + 8 * i, byteLength);
  return Buffer.concat([head, body, ...segments]);
}
