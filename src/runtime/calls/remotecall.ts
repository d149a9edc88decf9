/**
 * The four ways to run a function on another process. All return at once; they differ in what comes back: a reference, the
 * value, the reference once the value is there, or nothing. A call to the own process behaves alike but shares its objects.
 */
import { inspect } from "node:util";
import { InterruptError, ProcessExitedError, UsageError } from "../../errors.ts";
import { contextSignal, currentContext } from "../refs/context.ts";
import { errorOf, type Failure, failureOf } from "../refs/failure.ts";
import { handleOf, RemoteRef } from "../refs/remote-ref.ts";
import { changeHold, slotOf } from "../refs/store.ts";
import { trackChild } from "../refs/sync.ts";
import { nextId, self } from "../wire/identity.ts";
import { Flag, Kind } from "../wire/messages.ts";
import { processOf, withFlags } from "../wire/remote-process.ts";
import { demandFunction, encodeCall } from "./encode-call.ts";
import type { AnyFunction } from "./function-table.ts";
import { reportError } from "./report.ts";

/** Stands for a pid: its next free worker. WorkerPool is one. */
export interface WorkerSource {
  take(): Promise<number>;
  put(pid: number): unknown;
  /** A pool that has its own way of bringing a function to a worker: it gives `send` what to call instead. */
  through?<T>(pid: number, f: AnyFunction, args: readonly unknown[], send: Send<T>): Promise<T>;
}

/** Makes the call on the worker that was taken. */
export type Send<T> = (f: AnyFunction, args: readonly unknown[]) => Promise<T>;

/** Where to run: a process id, or a pool that picks one. */
export type Where = number | WorkerSource;

/**
 * Runs `f(...args)` on process `pid` and returns a reference to its value at once, before the work starts. Throws a
 * SerializationError at once when the function or an argument cannot travel.
 *
 * @example
 * const r = remotecall(2, (a: number, b: number) => a + b, 1, 2);
 * console.log(await fetch(r)); // 3
 */
export function remotecall<A extends unknown[], R>(
  pid: Where,
  f: (...args: A) => R,
  ...args: A
): RemoteRef<Awaited<R>> {
  demandFunction(f, "remotecall");
  if (isPool(pid, "remotecall")) {
    const ref = throughPool<R>(pid, f, args);
    if (currentContext()?.scope) trackChild(ref.wait());
    return ref;
  }
  const id = nextId();
  if (pid === self.pid) {
    const slot = slotOf(self.pid, id);
    changeHold(self.pid, id, self.pid, 1);
    runHere(f, args).then(
      (value) => slot.put(value),
      (failure) => slot.fail(failure),
    );
  } else {
    const process = processOf(pid);
    process.post(Kind.CALL_REF, id, encodeCall(process, f, args));
  }
  const ref = handleOf<Awaited<R>>(pid, self.pid, id);
  if (currentContext()?.scope) trackChild(ref.wait());
  return ref;
}

/**
 * Runs `f(...args)` on process `pid` and gives its value: one round trip, no reference is made. Rejects with RemoteError when the
 * function throws, ProcessExitedError when the process ends.
 *
 * @example
 * console.log(await remotecallFetch(2, myid)); // 2
 */
export function remotecallFetch<A extends unknown[], R>(
  pid: Where,
  f: (...args: A) => R,
  ...args: A
): Promise<Awaited<R>> {
  demandFunction(f, "remotecallFetch");
  const answer = isPool(pid, "remotecallFetch")
    ? withWorker(pid, f, args, (pid, f, args) => request(pid, Kind.CALL, 0, f, args))
    : request(pid, Kind.CALL, 0, f, args);
  return trackChild(answer) as Promise<Awaited<R>>;
}

/**
 * Runs `f(...args)` on process `pid`, waits until it is done, leaves the value there and gives the reference.
 *
 * @example
 * const r = await remotecallWait(2, () => new Array(1000).fill(0));
 * console.log(await isready(r)); // true
 */
export function remotecallWait<A extends unknown[], R>(
  pid: Where,
  f: (...args: A) => R,
  ...args: A
): Promise<RemoteRef<Awaited<R>>> {
  demandFunction(f, "remotecallWait");
  const answer = isPool(pid, "remotecallWait") ? withWorker(pid, f, args, callAndWait) : callAndWait(pid, f, args);
  return trackChild(answer) as Promise<RemoteRef<Awaited<R>>>;
}

/**
 * Runs `f(...args)` on process `pid`; nothing comes back. Errors are printed where it ran.
 *
 * @example
 * remoteDo(2, console.log, "hello"); // From worker 2:	hello
 */
export function remoteDo<A extends unknown[]>(pid: Where, f: (...args: A) => unknown, ...args: A): void {
  demandFunction(f, "remoteDo");
  if (isPool(pid, "remoteDo")) {
    const pool = pid;
    pool
      .take()
      .then((pid) => {
        remoteDo(pid, f, ...args);
        pool.put(pid);
      })
      .catch(reportError);
  } else if (pid === self.pid) {
    runHere(f, args).catch((failure) => reportError(errorOf(failure)));
  } else {
    const process = processOf(pid);
    if (process.exit) throw new ProcessExitedError({ ...process.exit, maybeRan: false });
    process.post(Kind.CALL_DO, 0, encodeCall(process, f, args));
  }
}

/** Whether it stands for a process id; throws a UsageError when it is neither. */
function isPool(pid: unknown, caller: string): pid is WorkerSource {
  if (typeof pid !== "object") return false;
  if (typeof (pid as Partial<WorkerSource> | null)?.take === "function") return true;
  throw new UsageError(`${caller}: expected a process id or a WorkerPool, got ${inspect(pid, { depth: 0 })}`);
}

/** Runs `f(...args)` and waits for its end; its value stays where it is and is dropped. */
export function remotecallDone(pid: number, f: AnyFunction, args: readonly unknown[]): Promise<void> {
  return request(pid, Kind.CALL, Flag.NO_VALUE, f, args) as Promise<void>;
}

/**
 * As remotecallFetch, stopped by `signal` and by nothing else; no `sync` waits for it. For the layers above. `hasContext`: calls that
 * `f` makes are stopped with it; a function that makes none need not pay for that.
 */
export function callUntil(
  signal: AbortSignal,
  pid: number,
  f: AnyFunction,
  args: readonly unknown[],
  hasContext = true,
): Promise<unknown> {
  return request(pid, Kind.CALL, hasContext ? Flag.CANCELLABLE : 0, f, args, nextId(), signal, 0);
}

/** As callUntil; an answer with one large buffer of just that length is read straight into `landing`. Not for calls to oneself. */
export function callInto(landing: Uint8Array, pid: number, f: AnyFunction, args: readonly unknown[]): Promise<unknown> {
  const id = nextId();
  const { landings } = processOf(pid);
  const answer = request(pid, Kind.CALL, 0, f, args, id);
  landings.set(id, [landing]);
  return answer.finally(() => landings.delete(id));
}

/** Every call that is answered goes through here. */
export function request(
  pid: number,
  kind: Kind,
  flags: number,
  f: AnyFunction,
  args: readonly unknown[],
  id = nextId(),
  signal = contextSignal(),
  flagsOfSignal: number = Flag.CANCELLABLE,
): Promise<unknown> {
  if (signal?.aborted) return Promise.reject(new InterruptError(undefined, { cause: signal.reason }));
  if (pid === self.pid) return untilAborted(runHere(f, args), signal).catch(rethrow);
  const process = processOf(pid);
  const message = encodeCall(process, f, args);
  const wanted = signal ? flags | flagsOfSignal : flags;
  return process.request(kind, wanted ? withFlags(message, wanted) : message, signal, id);
}

async function callAndWait(pid: number, f: AnyFunction, args: readonly unknown[]): Promise<RemoteRef> {
  if (pid === self.pid) {
    const ref = remotecall(pid, f as () => unknown, ...(args as []));
    return ref.wait();
  }
  const id = nextId();
  const answer = request(pid, Kind.CALL_WAIT, 0, f, args, id);
  const ref = handleOf(pid, self.pid, id);
  await answer;
  return ref;
}

/** A call to the own process: starts when the current code has yielded, shares its objects, rejects with a Failure. */
async function runHere(f: AnyFunction, args: readonly unknown[]): Promise<unknown> {
  await null;
  try {
    return await Reflect.apply(f, undefined, args);
  } catch (thrown) {
    throw failureOf(thrown);
  }
}

function rethrow(failure: Failure): never {
  throw errorOf(failure);
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(new InterruptError(self.pid, { cause: signal.reason }));
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

async function withWorker<T>(
  pool: WorkerSource,
  f: AnyFunction,
  args: readonly unknown[],
  call: (pid: number, f: AnyFunction, args: readonly unknown[]) => Promise<T>,
): Promise<T> {
  const pid = await pool.take();
  try {
    if (!pool.through) return await call(pid, f, args);
    return await pool.through(pid, f, args, (f, args) => call(pid, f, args));
  } finally {
    pool.put(pid);
  }
}

/** The worker is not known yet, so the reference lives here and is filled when the call has ended. */
function throughPool<R>(pool: WorkerSource, f: AnyFunction, args: readonly unknown[]): RemoteRef<Awaited<R>> {
  const ref = new RemoteRef<Awaited<R>>();
  const slot = slotOf(ref.whence, ref.id);
  withWorker(pool, f, args, (pid, f, args) => request(pid, Kind.CALL, 0, f, args)).then(
    (value) => slot.put(value),
    (error) => slot.fail(error),
  );
  return ref;
}
