import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  defaultLimits,
  FrameError,
  FrameReader,
  HEADER_BYTES,
  writeHeader,
  writeSegmentLength,
} from "../../../src/runtime/wire/frames.ts";
import { runs } from "./fuzz-runs.ts";

interface Frame {
  kind: number;
  flags: number;
  id: number;
  body: Buffer;
  segments: Buffer[];
}

function bytesOf(frame: Frame): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + 8 * frame.segments.length);
  writeHeader(head, 0, frame.kind, frame.flags, frame.id, frame.body.length, frame.segments.length);
  for (const [i, segment] of frame.segments.entries()) writeSegmentLength(head, HEADER_BYTES + 8 * i, segment.length);
  return Buffer.concat([head, frame.body, ...frame.segments]);
}

function collector(): { frames: Frame[]; reader: FrameReader } {
  const frames: Frame[] = [];
  const reader = new FrameReader((kind, flags, id, body, segments) => {
    const copy = Buffer.from(body.bytes.subarray(body.start, body.end));
    frames.push({ kind, flags, id, body: copy, segments: segments.map((s) => Buffer.from(s)) });
  });
  return { frames, reader };
}

/** Bytes that differ from place to place; generated one by one they would take seconds. */
const bytes = (maxLength: number) =>
  fc
    .tuple(fc.nat(maxLength), fc.nat(255))
    .map(([length, seed]) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + seed) & 255)));
const frame: fc.Arbitrary<Frame> = fc.record(
  {
    kind: fc.nat(255),
    flags: fc.nat(255),
    id: fc.oneof(
      fc.nat(2 ** 32 - 1),
      fc.maxSafeNat().map((id) => id % 2 ** 48),
      fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1),
    ),
    body: fc.oneof(bytes(40), bytes(9000)),
    segments: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Buffer[]>([]) },
      { weight: 1, arbitrary: fc.array(bytes(40_000), { maxLength: 4 }) },
    ),
  },
  { noNullPrototype: true },
);

describe("frames", () => {
  it("come out as they went in, however the stream cuts them", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), cuts, fc.boolean(), (frames, sizes, useRoom) => {
        const { frames: got, reader } = collector();
        const all = Buffer.concat(frames.map(bytesOf));
        for (let at = 0, i = 0; at < all.length; i++) {
          const size = sizes[i % sizes.length] as number;
          const room = useRoom ? reader.room() : undefined;
          if (room !== undefined) {
            const count = Math.min(size, room.byteLength, all.length - at);
            room.set(all.subarray(at, at + count));
            reader.filled(count);
            at += count;
            continue;
          }
          // The chunk lies inside a larger buffer that is overwritten afterwards, as the kept one of a socket is.
          const count = Math.min(size, all.length - at);
          const kept = Buffer.alloc(count + 7, 0xee);
          all.copy(kept, 3, at, at + count);
          reader.push(kept, 3, 3 + count);
          kept.fill(0xdd);
          at += count;
        }
        deepStrictEqual(got, frames);
        expect(reader.atBoundary).toBe(true);
      }),
      runs(100),
    );
  });

  it("a truncated one is never delivered", () => {
    fc.assert(
      fc.property(frame, fc.nat(), (one, cut) => {
        const all = bytesOf(one);
        const { frames: got, reader } = collector();
        const part = all.subarray(0, cut % all.length);
        reader.push(part);
        expect(got).toEqual([]);
        expect(reader.atBoundary).toBe(part.length === 0);
      }),
    );
  });

  it("arbitrary bytes give frames or a FrameError, and little memory", () => {
    const before = process.memoryUsage().arrayBuffers;
    fc.assert(
      fc.property(
        fc.array(
          fc.uint8Array({ maxLength: 100 }).map((a) => Buffer.from(a)),
          { maxLength: 10 },
        ),
        (chunks) => {
          const reader = new FrameReader(() => {}, { bodyBytes: 1 << 16, segments: 8, segmentBytes: 1 << 16 });
          try {
            for (const chunk of chunks) reader.push(chunk);
          } catch (error) {
            if (!(error instanceof FrameError)) throw error;
          }
        },
      ),
      runs(500),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6);
  });

  it("empty segments arrive as such, wherever they stand and however the bytes come", () => {
    const [none, some] = [Buffer.alloc(0), Buffer.from("some")];
    for (const segments of [[none], [none, none], [none, some], [some, none], [some, none, some], [none, some, none]]) {
      const sent: Frame[] = [
        { kind: 1, flags: 0, id: 1, body: Buffer.from("body"), segments },
        { kind: 2, flags: 0, id: 2, body: none, segments },
        { kind: 3, flags: 0, id: 3, body: none, segments: [] },
      ];
      const all = Buffer.concat(sent.map(bytesOf));
      for (const step of [1, 2, 7, HEADER_BYTES, all.length]) {
        const { frames, reader } = collector();
        for (let at = 0; at < all.length; at += step) reader.push(all, at, Math.min(at + step, all.length));
        expect(frames).toEqual(sent);
        expect(reader.atBoundary).toBe(true);
      }
    }
  });

  it("too large a body is refused before it is allocated", () => {
    const head = Buffer.alloc(HEADER_BYTES);
    writeHeader(head, 0, 1, 0, 1, defaultLimits.bodyBytes + 1, 0);
    expect(() => collector().reader.push(head)).toThrow(/body is 1073741825, the limit is 1073741824/);
    expect(() => collector().reader.push(Buffer.concat([head, Buffer.alloc(100)]))).toThrow(FrameError);
  });

  it("segments of 2^53 bytes, or of many that add up, are refused", () => {
    for (const lengths of [[2 ** 53], [2 ** 53 - 1], [2 ** 33, 1], new Array(60_000).fill(2 ** 20)]) {
      const head = Buffer.alloc(HEADER_BYTES + 8 * lengths.length);
      writeHeader(head, 0, 1, 0, 1, 0, lengths.length);
      for (const [i, length] of lengths.entries()) writeSegmentLength(head, HEADER_BYTES + 8 * i, length);
      expect(() => collector().reader.push(head)).toThrow(/segments is \d+, the limit is/);
    }
    const huge = Buffer.alloc(HEADER_BYTES + 8, 0xff);
    expect(() => collector().reader.push(huge)).toThrow(FrameError);
  });

  it("nothing is delivered after `stop`", () => {
    const got: number[] = [];
    const reader = new FrameReader((_kind, _flags, id) => {
      got.push(id);
      reader.stop();
    });
    const one = { kind: 1, flags: 0, body: Buffer.alloc(3), segments: [] };
    reader.push(Buffer.concat([bytesOf({ ...one, id: 1 }), bytesOf({ ...one, id: 2 })]));
    reader.push(bytesOf({ ...one, id: 3 }));
    expect(got).toEqual([1]);
  });
});
