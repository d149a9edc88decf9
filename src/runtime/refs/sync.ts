/**
 * sync: waits for everything that was started inside its block, however deep and through any await, and tells all errors together.
 * The calls layer hands every call to `trackChild`; outside of a `sync` that costs one comparison.
 */
import { currentContext, runInContext, type Scope } from "./context.ts";

interface Failed {
  /** Place among the children in the order in which they were started. */
  readonly start: number;
  readonly error: unknown;
  /** Where it is handled, the error has come to a place where it may have been dealt with. */
  readonly promise: ChildPromise<unknown>;
}

/**
 * What children hand out: a promise that remembers whether somebody waits for its failure. `await` calls `then` on it because its
 * constructor is not Promise itself.
 */
class ChildPromise<T> extends Promise<T> {
  isHandled = false;
  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((reason: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    if (onRejected) this.isHandled = true;
    return super.then(onFulfilled, onRejected);
  }
  /** Promises derived from it are ordinary ones. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
}

class SyncScope implements Scope {
  ended = false;
  /** In the order in which they failed. */
  readonly #failed: Failed[] = [];
  #started = 0;
  #running = 0;
  #allDone: (() => void) | undefined;

  add<T>(child: PromiseLike<T>): Promise<T> {
    const start = this.#started++;
    this.#running++;
    const handed = new ChildPromise<T>((resolve, reject) => {
      child.then(
        (value) => {
          resolve(value);
          this.#finished();
        },
        (error) => {
          reject(error);
          this.#failed.push({ start, error, promise: handed });
          this.#finished();
        },
      );
    });
    Promise.prototype.then.call(handed, undefined, () => {});
    return handed;
  }

  async wait(): Promise<void> {
    while (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#allDone = resolve;
      });
    }
    this.ended = true;
  }

  /**
   * The errors to tell, in start order. One that was handled is left out, unless it came after the one that ended the block: that is
   * what Promise.all does to all failures but the first.
   */
  errors(block: { error: unknown } | undefined): unknown[] {
    const first = this.#failed.findIndex(({ error, promise }) => !promise.isHandled || error === block?.error);
    const told = this.#failed.filter(({ promise }, place) => !promise.isHandled || (first >= 0 && place >= first));
    const errors = new Set(told.sort((a, b) => a.start - b.start).map(({ error }) => error));
    if (block && !errors.has(block.error)) return [block.error, ...errors];
    return [...errors];
  }

  #finished(): void {
    if (--this.#running === 0) this.#allDone?.();
  }
}

/**
 * Tells the `sync` around the running task, if there is one, that `child` was started inside it. Gives the promise to hand out in place
 * of `child`: an error that is handled there does not fail the `sync`.
 */
export function trackChild<T>(child: Promise<T>): Promise<T> {
  const scope = currentContext()?.scope;
  return scope === undefined || scope.ended ? child : scope.add(child);
}

/**
 * Runs `block` and waits until every call, spawn, loop and `task` that was started inside, at any depth, has ended, also when some of
 * them fail. Gives the block's value. One error is thrown as it is, several as an AggregateError in the order in which they were started.
 * An error that the block has caught itself does not count.
 *
 * @example
 * await sync(async () => {
 *   for (const pid of workers()) remotecall(pid, () => console.log("hello"));
 * });
 * console.log("all have said hello");
 */
export function sync<T>(block: () => T | PromiseLike<T>): Promise<Awaited<T>> {
  return trackChild(runSync(block)) as Promise<Awaited<T>>;
}

function runSync<T>(block: () => T | PromiseLike<T>): Promise<T> {
  const scope = new SyncScope();
  return runInContext({ scope }, async () => {
    let value: T | undefined;
    let thrown: { error: unknown } | undefined;
    try {
      value = await block();
    } catch (error) {
      thrown = { error };
    }
    await scope.wait();
    const errors = scope.errors(thrown);
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, `${errors.length} errors in sync: ${firstOf(errors)} …`);
    return value as T;
  });
}

function firstOf(errors: readonly unknown[]): string {
  const [first] = errors;
  return first instanceof Error ? first.message : String(first);
}

/**
 * Julia's @async: runs `fn` as a task of this process, which starts after the current code has yielded. Gives a promise of its value.
 *
 * @example
 * const t = task(() => "done");
 * console.log("first");
 * console.log(await t); // done
 */
export function task<T>(fn: () => T | PromiseLike<T>): Promise<Awaited<T>> {
  const promise = trackChild(Promise.resolve().then(fn)) as Promise<Awaited<T>>;
  tasks.add(promise);
  return promise;
}

const tasks = new WeakSet<object>();

/** Whether a promise is that of a task. */
export function isTask(promise: object): boolean {
  return tasks.has(promise);
}
