/**
 * A request of another process once it has been decoded: the function runs, the answer goes back. Functions that are not slow run bare;
 * others in a guard that a signal can end. An answer that cannot travel becomes a failure; nothing that a user's function does ends the connection.
 */
import { InterruptError, SerializationError, TjuliaError, UsageError } from "../../errors.ts";
import { placeOf } from "../closures/place.ts";
import { isPromiseLike, runInContext } from "../refs/context.ts";
import { callFailure, encodeFailure, errorOf, type Failure, failureOf } from "../refs/failure.ts";
import { serveRefRequest } from "../refs/operations.ts";
import type { Slot } from "../refs/slot.ts";
import { type Encoded, encodeValue } from "../wire/codec.ts";
import { asOwnWork, cutOff, onCutOff, takeStrike } from "../wire/cut-off.ts";
import { self } from "../wire/identity.ts";
import type { Link } from "../wire/link.ts";
import { Flag, Kind } from "../wire/messages.ts";
import { emptyMessage, type RemoteProcess } from "../wire/remote-process.ts";
import { careAfter, functionNumbered, type KnownFunction, knownByCode } from "./function-table.ts";
import { countNeedlessGuard, guarding, runGuarded } from "./guard.ts";
import { isStopping } from "./interrupt.ts";
import { Kept } from "./keep.ts";
import type { NowRunning } from "./now-running.ts";
import { reportError } from "./report.ts";
import { addRunning, removeRunning } from "./running.ts";
import { serviceNamed } from "./services.ts";

/** Membership messages are the cluster layer's; it sets this. */
export const clusterMessages: { serve: (process: RemoteProcess, body: unknown) => unknown } = {
  serve: () => undefined,
};

export interface Message {
  readonly process: RemoteProcess;
  /** Where the answer goes: the connection that the message came on. */
  readonly link: Link;
  readonly kind: Kind;
  readonly flags: number;
  readonly id: number;
  /** It has not started yet, because a module is being imported. */
  isWaiting?: boolean;
  /** It was stopped while it waited, and answered: it must not start. */
  isStopped?: boolean;
}

/** Our own errors are the call's; a module that throws while it is imported is the user's. */
export function undecodable(error: unknown): Failure {
  return error instanceof TjuliaError ? callFailure(error) : failureOf(error);
}

/** Starts the request. Gives a promise, which never rejects, when the function it names is still being imported. */
export function startRequest(message: Message, body: unknown, hold: Slot | undefined): void | Promise<void> {
  if (current.message) answerCutOff();
  if (message.kind === Kind.REF) return follow(message, hold, serveRef(message, body));
  if (message.kind === Kind.CLUSTER) return follow(message, hold, clusterMessages.serve(message.process, body));
  if (!Array.isArray(body)) throw new SerializationError([], "the message of a call is a list");
  if (isStopping()) return refuse(message, hold);
  const target = body.shift();
  if (typeof target === "function") return run(message, knownByCode(target), body, hold);
  if (typeof target === "string") return run(message, demandService(target, body), body, hold);
  const known = functionNumbered(message.process, target as number);
  if (!(known instanceof Promise)) return run(message, known, body, hold);
  return known.then(
    (known) => {
      if (message.isStopped) return;
      removeRunning(message.process, message.id);
      run(message, known, body, hold);
    },
    (error) => {
      if (message.isStopped) return;
      removeRunning(message.process, message.id);
      fail(message, hold, undecodable(error));
    },
  );
}

let refusal: Failure | undefined;

/** All that runs is being stopped, and this was sent before that. There may be a million of them: they share one error. */
function refuse(message: Message, hold: Slot | undefined): void {
  refusal ??= interrupted(undefined);
  if (message.kind !== Kind.CALL_DO) fail(message, hold, refusal);
}

function demandService(name: string, args: readonly unknown[]): KnownFunction {
  const service = serviceNamed(name, args);
  if (!service) throw new UsageError(`there is no service "${name}" here: do both processes run the same tjulia?`);
  return service;
}

function serveRef(message: Message, body: unknown): Promise<unknown> {
  if (!(message.flags & Flag.CANCELLABLE)) return serveRefRequest(body);
  const controller = new AbortController();
  const { process, id } = message;
  addRunning({
    process,
    id,
    name: "wait",
    place: undefined,
    since: Date.now(),
    stop: (reason) => controller.abort(reason),
  });
  return serveRefRequest(body, controller.signal).finally(() => removeRunning(process, id));
}

interface Current {
  message: Message | undefined;
  hold: Slot | undefined;
  known: KnownFunction | undefined;
  started: number;
}

/** The call whose synchronous part runs. */
const current: Current = { message: undefined, hold: undefined, known: undefined, started: 0 };

/** For who asks in the middle of it: the call whose synchronous part runs. */
export function currentCall(): NowRunning | undefined {
  const { message, known, started } = current;
  return message && known && { ...nameOf(message, known), since: Math.round(Date.now() - performance.now() + started) };
}

/** A call is still the current one though something else starts: it was cut off in the middle, without a word, by the control thread. */
function answerCutOff(): void {
  const { message, hold } = current;
  current.message = undefined;
  if (message) fail(message, hold, interrupted(undefined));
}

onCutOff(
  () => {},
  () => current.message && answerCutOff(),
);

function run(message: Message, known: KnownFunction, args: unknown[], hold: Slot | undefined): void {
  const started = performance.now();
  let result: unknown;
  current.message = message;
  current.hold = hold;
  current.known = known;
  current.started = started;
  const { care } = known;
  if (care !== "quick") message.link.flush();
  const isGuarded = guarding.on && (care === "guarded" || !guarding.canDoWithout);
  const wasOwnWork = cutOff.isOwnWork;
  cutOff.isOwnWork = false;
  try {
    result = isGuarded
      ? runGuarded(nameOf(message, known), () => invoke(message, known, args))
      : invoke(message, known, args);
    if (cutOff.isStruck) takeStrike();
  } catch (thrown) {
    if (cutOff.isStruck) takeStrike();
    cutOff.isOwnWork = wasOwnWork;
    current.message = undefined;
    fail(message, hold, failureOf(thrown));
    return;
  }
  cutOff.isOwnWork = wasOwnWork;
  current.message = undefined;
  known.care = careAfter(performance.now() - started);
  if (isGuarded && care !== "guarded") countNeedlessGuard();
  if (isPromiseLike(result)) awaitResult(message, known, result, hold);
  else finish(message, hold, result);
}

function nameOf({ process, id }: Message, { f }: KnownFunction): NowRunning {
  return { from: process.pid, id, name: f.name, place: placeOf(f), since: Date.now() };
}

/** Gives a call that may be cancelled a context whose signal is aborted then. */
function invoke(message: Message, known: KnownFunction, args: unknown[]): unknown {
  if (!(message.flags & Flag.CANCELLABLE)) return Reflect.apply(known.f, undefined, args);
  const controller = new AbortController();
  stops.set(message, (reason) => controller.abort(reason));
  const call = { from: message.process.pid, id: message.id };
  return runInContext({ signal: controller.signal, scope: undefined, call }, () =>
    Reflect.apply(known.f, undefined, args),
  );
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
    place: placeOf(known.f),
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
      asOwnWork(() => {
        answered();
        finish(message, hold, value);
      });
    },
    (thrown) => {
      if (answered.yet) return;
      asOwnWork(() => {
        answered();
        fail(message, hold, failureOf(thrown));
      });
    },
  );
}

export function interrupted(reason: unknown): Failure {
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
  const kept = value instanceof Kept ? value : undefined;
  hold?.put(kept ? kept.value : value).catch(() => {});
  if (message.kind === Kind.CALL_REF || message.kind === Kind.CALL_DO || message.id === 0) return;
  const told = kept ? kept.told : hold ? undefined : value;
  if (told === undefined || message.flags & Flag.NO_VALUE) return answer(message, Kind.RESULT, emptyMessage);
  try {
    answer(message, Kind.RESULT, encodeValue(told, message.process, "the result"));
  } catch (error) {
    answer(message, Kind.FAILURE, encodeFailure(undecodable(error), message.process));
  }
}

export function fail(message: Message, hold: Slot | undefined, failure: Failure): void {
  hold?.fail(failure);
  if (message.kind === Kind.CALL_REF) return;
  if (message.kind === Kind.CALL_DO) return reportError(errorOf(failure));
  if (message.id !== 0) answer(message, Kind.FAILURE, encodeFailure(failure, message.process));
}

function answer(message: Message, kind: Kind, encoded: Encoded): void {
  message.process.beforeSend?.();
  encoded.commit();
  message.link.send(kind, message.id, encoded);
}
