/**
 * How an error travels. A `Failure` is what the runtime passes around in place of a thrown value: what was thrown, where, and
 * the stack there. It becomes a RemoteError where somebody waits for it; errors of the call itself (interrupted, gone, cannot
 * travel, misuse) keep their own class.
 */
import {
  ChannelClosedError,
  describeThrown,
  InterruptError,
  LaunchError,
  ProcessExitedError,
  QueueFullError,
  RemoteError,
  SerializationError,
  TjuliaError,
  UsageError,
} from "../../errors.ts";
import { userStack } from "../closures/stacks.ts";
import { type Encoded, encodeValue } from "../wire/codec.ts";
import type { Peer } from "../wire/extension.ts";
import { self } from "../wire/identity.ts";

/** "threw": the user's function threw. "call": the call failed in a way of ours; `thrown` is one of our errors. */
export type FailureFamily = "threw" | "call";

export class Failure {
  readonly family: FailureFamily;
  readonly thrown: unknown;
  readonly stack: string;
  readonly pid: number;
  readonly host: string;
  /** In a map or loop: the place of the element that the function was called with. */
  readonly element: number | undefined;
  constructor(family: FailureFamily, thrown: unknown, stack: string, pid: number, host: string, element?: number) {
    this.family = family;
    this.thrown = thrown;
    this.stack = stack;
    this.pid = pid;
    this.host = host;
    this.element = element;
  }
}

/** What a user's function threw on this process. */
export function failureOf(thrown: unknown, element?: number): Failure {
  if (thrown instanceof Failure) return thrown;
  const family = thrown instanceof InterruptError && thrown.pid === self.pid ? "call" : "threw";
  return new Failure(family, thrown, stackOf(thrown), self.pid, self.host, element);
}

/** The call itself failed here. */
export function callFailure(error: TjuliaError): Failure {
  return new Failure("call", error, stackOf(error), self.pid, self.host);
}

/** What the one who waits gets to see. */
export function errorOf(failure: unknown): unknown {
  if (!(failure instanceof Failure)) return failure;
  if (failure.family === "call") return failure.thrown;
  return new RemoteError({
    pid: failure.pid,
    host: failure.host,
    cause: failure.thrown,
    remoteStack: failure.stack,
    element: failure.element,
  });
}

/** The failure as a message; what cannot travel of it is told in words. */
export function encodeFailure(failure: Failure, peer: Peer): Encoded {
  try {
    return encodeValue(failureParts(failure), peer);
  } catch {
    const { family, thrown, stack, pid, host, element } = failure;
    return encodeValue([family, inWords(thrown), stack, pid, host, element], peer);
  }
}

/** The failure as a list that can be a part of a message. */
export function failureParts({ family, thrown, stack, pid, host, element }: Failure): unknown[] {
  return [family, portable(thrown), stack, pid, host, element];
}

/** The failure that a message tells of. */
export function decodeFailure(value: unknown): Failure {
  const [family, thrown, stack, pid, host, element] = value as [
    FailureFamily,
    unknown,
    string,
    number,
    string,
    number?,
  ];
  const known = family === "call" ? "call" : "threw";
  return new Failure(known, unpack(thrown), String(stack), Number(pid), String(host), element ?? undefined);
}

/** Our own errors travel as [name, fields], so that each end makes them of its own class. */
interface Packed {
  $tjl: string;
  fields: Record<string, unknown>;
  cause?: unknown;
}

function portable(thrown: unknown): unknown {
  if (!(thrown instanceof TjuliaError)) return thrown;
  return {
    $tjl: thrown.name,
    fields: { ...thrown, message: thrown.message },
    cause: portable(thrown.cause),
  } satisfies Packed;
}

function unpack(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "$tjl")) return value;
  const { $tjl: name, fields, cause } = value as Packed;
  const make = Object.hasOwn(rebuild, name) ? rebuild[name] : undefined;
  if (!make) return saying(String((fields as { message?: unknown }).message), new Error());
  return make(fields as Fields, unpack(cause));
}

type Fields = Record<string, never>;
const rebuild: Record<string, (fields: Fields, cause: unknown) => TjuliaError> = {
  RemoteError: (f, cause) => new RemoteError({ ...(f as object), cause } as never),
  ProcessExitedError: (f) => new ProcessExitedError({ ...(f as object), reason: reasonIn(String(f.message)) } as never),
  InterruptError: (f, cause) => new InterruptError(f.pid, cause === undefined ? undefined : { cause }),
  SerializationError: (f) => SerializationError.revive(f.path ?? [], String(f.message)),
  UsageError: (f) => new UsageError(String(f.message)),
  ChannelClosedError: (f) => new ChannelClosedError(String(f.message)),
  QueueFullError: (f) => saying(String(f.message), new QueueFullError(f.pid ?? 0, 0, 0)),
  LaunchError: (f) => saying(String(f.message), new LaunchError(f.failures ?? [], f.started ?? [])),
};

/** The error with a text that is already complete. */
function saying<E extends Error>(message: string, error: E): E {
  error.message = message;
  return error;
}

/** "worker 3 was ended by SIGKILL" without its subject and its last words. */
function reasonIn(message: string): string {
  const [line = message] = message.split("\n", 1);
  return line.replace(/^(worker|process) \d+ /, "").replace(/ \(element \d+ was there\)$/, "");
}

function inWords(thrown: unknown): Error {
  const words = new Error(thrown instanceof Error ? thrown.message : describeThrown(thrown));
  if (thrown instanceof Error) words.name = thrown.name;
  return words;
}

function stackOf(thrown: unknown): string {
  if (thrown instanceof RemoteError) return thrown.remoteStack;
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return typeof stack === "string" ? userStack(stack) : "";
}
