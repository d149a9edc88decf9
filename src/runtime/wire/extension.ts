/**
 * How the layers above teach the codec their own kinds of values (functions, class instances, remote references,
 * distributed arrays). Interfaces only. The codec knows what structuredClone knows; all else comes in through here.
 */

/** The process at the other end, as far as the codec cares. Caches a connection needs hang on it by WeakMap. */
export interface Peer {
  /** Its id in the cluster. */
  readonly pid: number;
  /** True when it runs on this host (same files, same shared memory). */
  readonly sameHost: boolean;
}

/** Stands for a value inside an encoded payload: a plain primitive, or the place of an entry in the message's table. */
export type Slot = unknown;

export interface Encoder {
  readonly peer: Peer;
  /**
   * Adds a part of the current value to the message. `step` names it in the path of an error: ".conn", "cfg", "[3]".
   * What cannot travel is refused before the message is complete, not necessarily by this call; see `try`.
   */
  put(value: unknown, step: string): Slot;
  /**
   * For an instance of a class that extends a built-in (Map, Set, Date, RegExp, Array, Error, typed arrays, boxed
   * primitives): adds what the built-in keeps out of sight (entries, time, elements, message and stack), without the class
   * and without own enumerable fields that have names. The decoder's `base` gives an instance of the built-in, whose
   * prototype and fields the extension then sets. `undefined` when there is no such part.
   */
  base(value: object): Slot | undefined;
  /** Runs when the whole message has been encoded and is about to be sent; not run when encoding fails. */
  onCommit(effect: () => void): void;
  /** Asks the receiver to import these modules (absolute URLs) before it decodes the message. */
  need(moduleUrl: string): void;
  /**
   * Sends plain data ahead of the message: as soon as the frame is there, in the order of the frames, before a module is
   * imported or a value decoded, the receiver hands it to `arrived` of the extension with this tag. `key` is unique
   * within the tag: the same key is sent once a message. What was sent ahead in a rolled back `try` is dropped too.
   */
  ahead(tag: string, key: string, data: unknown): void;
  /**
   * True when a part put so far by the current value leads back to it (f -> table -> f). Then the receiver must `made`
   * it before its parts are decoded; else they can be decoded first. Encodes the parts put so far.
   */
  leadsBack(): boolean;
  /** Throws a SerializationError with the path to the value being encoded. */
  refuse(reason: string): never;
  /** Runs `attempt`; when it, or a part it put, is refused, everything it put is rolled back and the error is returned. */
  try(attempt: () => void): import("../../errors.ts").SerializationError | undefined;
}

export interface Decoder {
  readonly peer: Peer;
  /**
   * Decodes a part. Called in `decode`, it gives the part complete, save where the part leads back to a value under
   * construction; that value must have been `made` before. Called in `later`, it gives the part at once, and the part's
   * own contents follow.
   */
  get(slot: Slot): unknown;
  /** The instance that `encoder.base` stands for; its contents follow later, so that they can lead back to it. */
  base(slot: Slot): object;
  /** Registers the value under construction, so that cycles through its parts find it. */
  made(value: object): void;
  /** Fills the value in after `decode` has returned; chains of any length are read so without deep recursion. */
  later(fill: () => void): void;
}

/** A kind of value that a layer above teaches the codec. */
export interface Extension<T extends object = object> {
  /** Its name on the wire, 1 to 8 letters, unique. */
  readonly tag: string;
  /** Asked after all that are not, whenever those are registered: it takes what nobody else does. */
  readonly isLast?: true;
  /** Asked for every object or function that is not one of the codec's own kinds, in order of registration. */
  matches(value: object): value is T;
  /** Returns a payload of plain data (arrays, plain objects, strings, numbers, booleans, null, slots from `put`). */
  encode(value: T, encoder: Encoder): unknown;
  /** Takes what `encoder.ahead` sent with this tag. Must not throw. */
  arrived?(data: unknown, peer: Peer): void;
  decode(payload: unknown, decoder: Decoder): T;
}
