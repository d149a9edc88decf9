/** Joins a connection with the process at its other end: what comes in is dispatched, its end is told. */
import type { Duplex } from "node:stream";
import { receive } from "../calls/dispatch.ts";
import { self } from "../wire/identity.ts";
import { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";

/** Takes a stream whose handshake is done into use for messages to and from `remote`. */
export function connectProcess(remote: RemoteProcess, stream: Duplex, closed: (error?: Error) => void): Link {
  const link: Link = new Link(stream, remote, {
    frame: (kind, flags, id, body, segments) => receive(remote, link, kind as Kind, flags, id, body, segments),
    landing: (kind, id, lengths) => (kind === Kind.RESULT ? landingFor(remote, id, lengths) : undefined),
    close: closed,
  });
  // Idle connections do not keep the master running; requests under way do (keep-alive.ts).
  if (self.pid === 1) (stream as { unref?(): void }).unref?.();
  remote.connected(link);
  return link;
}

/** The memory that a request has prepared for its answer, when the answer is of the size it expects. */
function landingFor(remote: RemoteProcess, id: number, lengths: readonly number[]): Uint8Array[] | undefined {
  const landing = remote.landings.get(id);
  const fits = landing?.length === lengths.length && landing.every((bytes, i) => bytes.byteLength === lengths[i]);
  return fits ? [...landing] : undefined;
}
