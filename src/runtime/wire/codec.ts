/**
 * Values to bytes and back. Plain data (what JSON knows, and a little more) is packed as it is by msgpackr; anything else
 * becomes a flat table of entries (codec-table.ts), in which cycles and shared parts are natural. What the codec does
 * not know goes to the extensions that the layers above register.
 */
import { Packr, Unpackr } from "msgpackr/pack";
import { SerializationError } from "../../errors.ts";
import type { Body } from "./body.ts";
import { areAllPlain, isPlain } from "./codec-plain.ts";
import { TableReader } from "./codec-read.ts";
import { TableWriter } from "./codec-table.ts";
import { DecodeError } from "./decode-error.ts";
import type { Extension, Peer } from "./extension.ts";
import { defaultLimits } from "./frames.ts";
import { loadLateParts } from "./late-parts.ts";
import { Flag } from "./messages.ts";

export { DecodeError } from "./decode-error.ts";

/** A value on its way out. Nothing has been promised to the receiver before `commit` is called. */
export interface Encoded {
  readonly flags: number;
  readonly body: Body;
  /** Large buffers; they are the sender's own memory, not copies. */
  readonly segments: Uint8Array[];
  /** Runs what extensions want done when the message is really sent. Call it next to `link.send`. */
  commit(): void;
}

/** The name of the whole value in the path of an error, or the names of its elements when it is an array. */
export type ValueName = string | ((index: number) => string);

/** A received value that has not been built yet. */
export interface OpenedBody {
  /** URLs of the modules to import before `read`. */
  readonly needs: readonly string[];
  /** Builds the value, once. Where `needs` is not empty it may be called later, else during the callback of the frame only. */
  read(): unknown;
}

const REUSE_BUFFER_MODE = 512;
const packr = new Packr({ useRecords: false, variableMapSize: true, useToJSON: false });
const unpackr = new Unpackr({ useRecords: false, copyBuffers: true });
const NO_SEGMENTS: Uint8Array[] = [];
const NO_NEEDS: readonly string[] = [];
const nothing = (): void => {};

const extensions: Extension[] = [];

class ExtensionsByTag extends Map<string, Extension> {
  override get(tag: string): Extension | undefined {
    return super.get(tag) ?? (loadLateParts() ? super.get(tag) : undefined);
  }
}
const extensionsByTag = new ExtensionsByTag();

/** Teaches the codec a kind of value. Extensions are asked in the order in which they were registered, save for `isLast`. */
export function registerExtension<T extends object>(extension: Extension<T>): void {
  if (extensionsByTag.has(extension.tag)) throw new Error(`the codec extension "${extension.tag}" is registered twice`);
  const end = extension.isLast ? -1 : extensions.findIndex((other) => other.isLast);
  extensions.splice(end < 0 ? extensions.length : end, 0, extension as unknown as Extension);
  extensionsByTag.set(extension.tag, extension as unknown as Extension);
}

/** Packs a value for `peer`. Throws a SerializationError with the way to the part that cannot travel. */
export function encodeValue(value: unknown, peer: Peer, name?: ValueName): Encoded {
  return isPlain(value) ? encodePlain(value) : encodeTable(value, peer, name);
}

/** The same for a dense list of the caller's own making, of which only the elements need a look. */
export function encodeList(list: readonly unknown[], peer: Peer, name?: ValueName): Encoded {
  return areAllPlain(list) ? encodePlain(list) : encodeTable(list, peer, name);
}

function encodePlain(value: unknown): Encoded {
  const body = pack(value);
  checkSize(body, NO_SEGMENTS);
  return { flags: 0, body, segments: NO_SEGMENTS, commit: nothing };
}

function encodeTable(value: unknown, peer: Peer, name: ValueName | undefined): Encoded {
  const writer = new TableWriter(peer, extensions, name);
  const table = writer.write(value);
  const body = pack(table);
  checkSize(body, writer.segments);
  return { flags: Flag.TABLE, body, segments: writer.segments, commit: writer.commit };
}

/** Opens a received body: at once for plain data, in two steps where modules must be imported first. */
export function openBody(flags: number, body: Body, segments: readonly Uint8Array[], peer: Peer): OpenedBody {
  if ((flags & Flag.TABLE) === 0) return new PlainBody(body);
  const reader = new TableReader(unpack(body), segments, peer, extensionsByTag);
  return { needs: reader.needs, read: () => reader.read() };
}

class PlainBody implements OpenedBody {
  readonly needs = NO_NEEDS;
  readonly #body: Body;
  constructor(body: Body) {
    this.#body = body;
  }
  read(): unknown {
    return unpack(this.#body);
  }
}

interface PackedBuffer extends Buffer {
  start: number;
  end: number;
}

function pack(value: unknown): Body {
  const bytes = packr.pack(value, REUSE_BUFFER_MODE) as PackedBuffer;
  return { bytes, start: bytes.start, end: bytes.end };
}

const range = { start: 0, end: 0 };

function unpack(body: Body): unknown {
  if (body.end <= body.start) throw new DecodeError("it is empty");
  range.start = body.start;
  range.end = body.end;
  try {
    return unpackr.unpack(body.bytes, range);
  } catch (cause) {
    throw new DecodeError("its bytes are not what a sender packs", { cause });
  }
}

/** What the other side would take for an attack, and end the connection, is refused before it is sent. */
function checkSize(body: Body, segments: readonly Uint8Array[]): void {
  const bodyBytes = body.end - body.start;
  if (bodyBytes > defaultLimits.bodyBytes)
    throw new SerializationError([], `it packs to ${bodyBytes} bytes, the limit is ${defaultLimits.bodyBytes}`);
  if (segments.length === 0) return;
  if (segments.length > defaultLimits.segments)
    throw new SerializationError([], `it has ${segments.length} large buffers, the limit is ${defaultLimits.segments}`);
  let total = 0;
  for (const segment of segments) total += segment.byteLength;
  if (total > defaultLimits.segmentBytes)
    throw new SerializationError([], `its buffers are ${total} bytes, the limit is ${defaultLimits.segmentBytes}`);
}
