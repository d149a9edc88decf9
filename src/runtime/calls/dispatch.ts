/** What comes in from another process, by kind: answers settle this process's requests, requests are served. */
import { importModule } from "../closures/modules.ts";
import { decodeFailure, errorOf } from "../refs/failure.ts";
import { serveHolds } from "../refs/holds.ts";
import type { Body } from "../wire/body.ts";
import { openBody } from "../wire/codec.ts";
import type { Link } from "../wire/link.ts";
import { Kind } from "../wire/messages.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";
import { defineFunction } from "./function-table.ts";
import { inTurn, serveRequest } from "./inbox.ts";
import { findRunning } from "./running.ts";

/** Handles one frame. `body` is valid only now; what has to wait keeps a copy. */
export function receive(
  process: RemoteProcess,
  link: Link,
  kind: Kind,
  flags: number,
  id: number,
  body: Body,
  segments: readonly Uint8Array[],
): void {
  switch (kind) {
    case Kind.RESULT:
    case Kind.FAILURE:
      return settle(process, kind, flags, id, body, segments);
    case Kind.CANCEL:
      return findRunning(process, id)?.stop(undefined);
    case Kind.HOLD:
      return inTurn(process, body, (body) => read(process, flags, body, segments, serveHolds));
    case Kind.DEFINE:
      return inTurn(process, body, (body) =>
        read(process, flags, body, segments, (definition) => define(process, definition)),
      );
    case Kind.CALL:
    case Kind.CALL_WAIT:
    case Kind.CALL_REF:
    case Kind.CALL_DO:
    case Kind.REF:
    case Kind.CLUSTER:
      return serveRequest({ process, link, kind, flags, id }, body, segments);
  }
}

function define(process: RemoteProcess, definition: unknown): void {
  const [number, payload] = definition as [number, never];
  defineFunction(process, number, payload);
}

function settle(
  process: RemoteProcess,
  kind: Kind,
  flags: number,
  id: number,
  body: Body,
  segments: readonly Uint8Array[],
): void {
  if (!process.pending.has(id)) return;
  if (body.end === body.start) return process.settle(id)?.resolve(undefined);
  void read(
    process,
    flags,
    body,
    segments,
    (value) => {
      const pending = process.settle(id);
      if (kind === Kind.RESULT) pending?.resolve(value);
      else pending?.reject(errorOf(decodeFailure(value)));
    },
    (error) => process.settle(id)?.reject(error),
  );
}

/**
 * Decodes a body and hands it on: at once when all modules that it names are here, else when they have been imported; then it gives a
 * promise, which never rejects.
 */
function read(
  process: RemoteProcess,
  flags: number,
  body: Body,
  segments: readonly Uint8Array[],
  then: (value: unknown) => void,
  failed: (error: unknown) => void = () => {},
): void | Promise<void> {
  try {
    const opened = openBody(flags, body, segments, process);
    if (opened.needs.length === 0) return then(opened.read());
    return Promise.all(opened.needs.map(importModule))
      .then(() => then(opened.read()))
      .catch(failed);
  } catch (error) {
    failed(error);
  }
}
