/** A received message does not make sense. It fails the call that it belongs to; the connection goes on. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  constructor(why: string, options?: ErrorOptions) {
    super(`a message cannot be read: ${why}`, options);
  }
}
