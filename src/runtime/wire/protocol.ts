/** The number of this wire format; processes that speak another one are refused in the handshake. */
export const PROTOCOL = 1;
