/**
 * What processes say to each other. Types and numbers only; no logic.
 *
 * A frame is a header of fixed size, a body, and raw segments (large buffers that are left out of the body):
 *
 *     u32 body bytes | u48 id | u8 kind | u8 flags | u16 segment count | u64 bytes of each segment … | body | segments …
 *
 * The header can be read when the body cannot, so that a call with a broken body still gets its answer.
 */

export const Kind = {
  /** Run a function and answer with its value. Body: [function, ...arguments]. */
  CALL: 1,
  /** Run a function, keep its value in slot (sender, id), answer when it is there. */
  CALL_WAIT: 2,
  /** Run a function, keep its value in slot (sender, id); no answer. */
  CALL_REF: 3,
  /** Run a function; no answer, errors are printed there. */
  CALL_DO: 4,
  /** The answer to `id`: a value. */
  RESULT: 5,
  /** The answer to `id`: what was thrown. */
  FAILURE: 6,
  /** An operation on a slot, answered as CALL is. Body: RefRequest. */
  REF: 7,
  /** Changes to who holds which slots. Body: HoldChange[]. No answer. */
  HOLD: 8,
  /** Stop request `id` of the sender. No answer of its own: the request is answered. */
  CANCEL: 9,
  /** Membership and control of the cluster. Body: ClusterMessage. */
  CLUSTER: 10,
  /** Gives a function that stays the same a number on this connection. Body: [number, payload], payload null forgets it. */
  DEFINE: 11,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Bits of the flags byte. The codec owns the low four, the call layer the high four. */
export const Flag = {
  /** The body is a value table (codec-table), not plain msgpack. */
  TABLE: 1,
  /** The call may be cancelled and wants a context of its own. */
  CANCELLABLE: 16,
  /** The caller wants to know when the call has ended, not its value. */
  NO_VALUE: 32,
} as const;

export type RefOp =
  | "fetch"
  | "wait"
  | "put"
  | "take"
  | "isready"
  | "getindex"
  /** Calls a method of the value: of the channel behind a RemoteChannel. Arguments: name, ...its arguments. */
  | "invoke";
/** [operation, whence, id of the slot, ...arguments] */
export type RefRequest = [op: RefOp, whence: number, id: number, ...args: unknown[]];

/** Process `holder` gains (+n) or drops (-n) handles of slot (whence, id). */
export type HoldChange = [whence: number, id: number, holder: number, change: number];

/** Said once by each side when a connection opens, covered by the HMAC of the handshake. */
export interface Hello {
  protocol: number;
  version: string;
  node: string;
  platform: string;
  /** The id in the cluster, 0 for a worker that has not been given one. */
  pid: number;
  host: string;
}
