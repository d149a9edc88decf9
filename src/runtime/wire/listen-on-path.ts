/** Listening on a Unix-domain socket, without a module that nothing needs. */
import type { Server } from "node:net";

/** A server, with the last step of its `listen`. */
interface OpenServer extends Server {
  _listen2?: (path: string, port: -1, addressType: -1, backlog: number) => void;
}

const BACKLOG = 511;

/**
 * As `server.listen(path)`, which loads node:cluster first, to ask whether this process is a worker of that: a start is
 * shorter without. Where this Node does not let us, it is `listen`. Tells by the events "listening" and "error"; `address()` gives null.
 */
export function listenOnPath(server: OpenServer, path: string): void {
  if (server._listen2) server._listen2(path, -1, -1, BACKLOG);
  else server.listen({ path, backlog: BACKLOG });
}
