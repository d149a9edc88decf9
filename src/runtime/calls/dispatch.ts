/**
 * What this process does with a message from another one: starts calls, serves references, settles its own requests.
 *
 * Calls of one sender start in the order sent. A call that needs a module which is still being imported holds up the calls
 * behind it, but never answers: a module may itself wait for a call while it loads.
 */
import { InterruptError, SerializationError, TjuliaError, UsageError } from "../../errors.ts";
import { importModule } from "../closures/modules.ts";
import { isPromiseLike, runInContext } from "../refs/context.ts";
import { callFailure, decodeFailure, encodeFailure, errorOf, type Failure, failureOf } from "../refs/failure.ts";
import { serveHolds } from "../refs/holds.ts";
import { serveRefRequest } from "../refs/operations.ts";
import type { Slot } from "../refs/slot.ts";
import { changeHold, slotOf } from "../refs/store.ts";
import { type Body, copyBody } from "../wire/body.ts";
import { encodeValue, openBody } from "../wire/codec.ts";
import { self } from "../wire/identity.ts";
import type { Link } from "../wire/link.ts";
import { Flag, Kind } from "../wire/messages.ts";
import { emptyMessage, type RemoteProcess } from "../wire/remote-process.ts";
import { defineFunction, functionNumbered, type KnownFunction } from "./function-table.ts";
import { reportError } from "./report.ts";
import { addRunning, findRunning, removeRunning } from "./running.ts";
import { serviceNamed } from "./services.ts";

/** A call that returns sooner than this is not worth a flush, a guard or a look before the next one. */
const QUICK_MS = 0.2;

/** Membership messages are the cluster layer's; it sets this. */
export const clusterMessages: { serve: (process: RemoteProcess, body: unknown) => unknown } = {
  serve: () => undefined,
};

interface Message {
  readonly process: RemoteProcess;
  /** Where the answer goes: the connection that the message came on. */
  readonly link: Link;
  readonly kind: Kind;
  readonly flags: number;
  readonly id: number;
}

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
      return read(process, flags, body, segments, serveHolds, () => {});
    case Kind.DEFINE:
      return read(
        process,
        flags,
        body,
        segments,
        (definition) => {
          const [number, payload] = definition as [number, never];
          defineFunction(process, number, payload);
        },
        () => {},
      );
    case Kind.CALL:
    case Kind.CALL_WAIT:
    case Kind.CALL_REF:
    case Kind.CALL_DO:
    case Kind.REF:
    case Kind.CLUSTER:
      return serve({ process, link, kind, flags, id }, body, segments);
  }
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
  read(
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

/** Decodes a body and hands it on; at once when all modules that it names are here, else when they have been imported. */
function read(
  process: RemoteProcess,
  flags: number,
  body: Body,
  segments: readonly Uint8Array[],
  then: (value: unknown) => void,
  failed: (error: unknown) => void,
): void {
  try {
    const opened = openBody(flags, body, segments, process);
    if (opened.needs.length === 0) return then(opened.read());
    Promise.all(opened.needs.map(importModule)).then(() => {
      try {
        then(opened.read());
      } catch (error) {
        failed(error);
      }
    }, failed);
  } catch (error) {
    failed(error);
  }
}

/** Requests that wait for a module, by sender, and those behind them. */
const blocked = new Map<RemoteProcess, (() => void | Promise<void>)[]>();

function serve(message: Message, body: Body, segments: readonly Uint8Array[]): void {
  const line = blocked.get(message.process);
  if (line) {
    const kept = copyBody(body);
    line.push(() => open(message, kept, segments));
    return;
  }
  const waiting = open(message, body, segments);
  if (!waiting) return;
  blocked.set(message.process, []);
  waiting.then(() => serveBlocked(message.process));
}

async function serveBlocked(process: RemoteProcess): Promise<void> {
  const line = blocked.get(process) ?? [];
  for (let next = line.shift(); next; next = line.shift()) await next();
  blocked.delete(process);
}

/** Decodes and starts a request. Gives a promise, which never rejects, when it has to wait before it can start. */
function open(message: Message, body: Body, segments: readonly Uint8Array[]): void | Promise<void> {
  let hold: Slot | undefined;
  try {
    if (message.kind === Kind.CALL_REF || message.kind === Kind.CALL_WAIT) hold = slotForCall(message);
    const opened = openBody(message.flags, body, segments, message.process);
    if (opened.needs.length === 0) return start(message, opened.read(), hold);
    return Promise.all(opened.needs.map(importModule))
      .then(() => start(message, opened.read(), hold))
      .catch((error) => fail(message, hold, undecodable(error)));
  } catch (error) {
    fail(message, hold, undecodable(error));
  }
}

function slotForCall({ process, id }: Message): Slot {
  const slot = slotOf(process.pid, id);
  changeHold(process.pid, id, process.pid, 1);
  return slot;
}

/** Our own errors are the call's; a module that throws while it is imported is the user's. */
function undecodable(error: unknown): Failure {
  return error instanceof TjuliaError ? callFailure(error) : failureOf(error);
}

function start(message: Message, body: unknown, hold: Slot | undefined): void | Promise<void> {
  if (message.kind === Kind.REF) return follow(message, hold, serveRef(message, body));
  if (message.kind === Kind.CLUSTER) return follow(message, hold, clusterMessages.serve(message.process, body));
  if (!Array.isArray(body)) throw new SerializationError([], "the message of a call is a list");
  const target = body.shift();
  if (typeof target === "function") return run(message, { f: target, quick: false }, body, hold);
  if (typeof target === "string") return run(message, demandService(target), body, hold);
  const known = functionNumbered(message.process, target as number);
  if (!(known instanceof Promise)) return run(message, known, body, hold);
  return known.then(
    (known) => run(message, known, body, hold),
    (error) => fail(message, hold, undecodable(error)),
  );
}

function demandService(name: string): KnownFunction {
  const service = serviceNamed(name);
  if (service) return service;
  throw new UsageError(`there is no service "${name}" here: do both processes run the same tjulia?`);
}

function serveRef(message: Message, body: unknown): Promise<unknown> {
  if (!(message.flags & Flag.CANCELLABLE)) return serveRefRequest(body);
  const controller = new AbortController();
  const { process, id } = message;
  addRunning({ process, id, name: "wait", since: Date.now(), stop: (reason) => controller.abort(reason) });
  return serveRefRequest(body, controller.signal).finally(() => removeRunning(process, id));
}

function run(message: Message, known: KnownFunction, args: unknown[], hold: Slot | undefined): void {
  if (!known.quick) message.link.flush();
  const started = performance.now();
  let result: unknown;
  try {
    result =
      message.flags & Flag.CANCELLABLE ? runCancellable(message, known, args) : Reflect.apply(known.f, undefined, args);
  } catch (thrown) {
    fail(message, hold, failureOf(thrown));
    return;
  }
  known.quick = performance.now() - started < QUICK_MS;
  if (isPromiseLike(result)) awaitResult(message, known, result, hold);
  else finish(message, hold, result);
}

/** Gives the call a context whose signal is aborted when the caller cancels it. */
function runCancellable(message: Message, known: KnownFunction, args: unknown[]): unknown {
  const controller = new AbortController();
  stops.set(message, (reason) => controller.abort(reason));
  return runInContext({ signal: controller.signal, scope: undefined }, () => Reflect.apply(known.f, undefined, args));
}

const stops = new WeakMap<Message, (reason: unknown) => void>();

function awaitResult(
  message: Message,
  known: KnownFunction,
  result: PromiseLike<unknown>,
  hold: Slot | undefined,
): void {
  const { process, id } = message;
  const answered = () => {
    removeRunning(process, id);
    answered.yet = true;
  };
  answered.yet = false;
  addRunning({
    process,
    id,
    name: known.f.name,
    since: Date.now(),
    stop(reason) {
      if (answered.yet) return;
      answered();
      stops.get(message)?.(reason);
      fail(message, hold, interrupted(reason));
    },
  });
  result.then(
    (value) => {
      if (answered.yet) return;
      answered();
      finish(message, hold, value);
    },
    (thrown) => {
      if (answered.yet) return;
      answered();
      fail(message, hold, failureOf(thrown));
    },
  );
}

function interrupted(reason: unknown): Failure {
  return callFailure(new InterruptError(self.pid, reason === undefined ? undefined : { cause: reason }));
}

/** Answers with the settled value of something that is not a call of a user's function. */
function follow(message: Message, hold: Slot | undefined, result: unknown): void {
  if (!isPromiseLike(result)) return finish(message, hold, result);
  result.then(
    (value) => finish(message, hold, value),
    (error) => fail(message, hold, undecodable(error)),
  );
}

function finish(message: Message, hold: Slot | undefined, value: unknown): void {
  hold?.put(value).catch(() => {});
  if (message.kind === Kind.CALL_REF || message.kind === Kind.CALL_DO || message.id === 0) return;
  if (hold || value === undefined || message.flags & Flag.NO_VALUE) return answer(message, Kind.RESULT, emptyMessage);
  try {
    answer(message, Kind.RESULT, encodeValue(value, message.process, "the result"));
  } catch (error) {
    answer(message, Kind.FAILURE, encodeFailure(undecodable(error), message.process));
  }
}

function fail(message: Message, hold: Slot | undefined, failure: Failure): void {
  hold?.fail(failure);
  if (message.kind === Kind.CALL_REF) return;
  if (message.kind === Kind.CALL_DO) return reportError(errorOf(failure));
  if (message.id !== 0) answer(message, Kind.FAILURE, encodeFailure(failure, message.process));
}

function answer(message: Message, kind: Kind, encoded: typeof emptyMessage): void {
  message.process.beforeSend?.();
  encoded.commit();
  message.link.send(kind, message.id, encoded);
}
