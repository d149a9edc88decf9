/** The worker's side of a parallel loop: runs the body over one chunk and reduces what it gives. */
import { UsageError } from "../errors.ts";
import { registerService } from "../runtime/calls/services.ts";
import { isPromiseLike } from "../runtime/refs/context.ts";
import { failureOf } from "../runtime/refs/failure.ts";
import { compileLoop, type Loop, type LoopInput, type LoopKind, type Stop } from "./loop-code.ts";
import { Range } from "./range.ts";
import { finished, type Reducer, reducerFor } from "./reducers.ts";

/** Objects that are spread over processes have this method: the elements that lie on this process, as anything iterable. */
export const localElements: unique symbol = Symbol.for("tjulia.localElements") as never;

/** What a chunk is sent as: a piece of a range or list, or an object that has its own elements on each process. */
export type Chunk = Range | ArrayLike<unknown> | Iterable<unknown> | object;

export type Body = (element: never) => unknown;

/** [] when there was nothing to reduce. */
export type Partial = [] | [value: unknown];

/** Reduces one chunk. `offset` is the place of its first element in the whole, for errors. */
export function reduceChunk(reducer: unknown, body: Body, chunk: Chunk, offset: number): Partial | Promise<Partial> {
  const how = reducerFor(reducer);
  return over(chunk, (elements): Partial | Promise<Partial> => {
    if (elements.length === 0) return [];
    const value = new ChunkRun(body, elements, offset, how).reduce();
    return value instanceof Promise ? value.then((value) => [finished(how, value)]) : [finished(how, value)];
  });
}

/** Runs one chunk for its effects. */
export function runChunk(body: Body, chunk: Chunk, offset: number): void | Promise<void> {
  return over(chunk, (elements) => new ChunkRun(body, elements, offset, undefined).run());
}

type Elements = Range | ArrayLike<unknown>;

/** Not async: a loop that nothing makes wait runs at once, and where an interrupt can reach it. */
function over<T>(chunk: Chunk, run: (elements: Elements) => T | Promise<T>): T | Promise<T> {
  const own = (chunk as { [localElements]?: () => unknown })[localElements];
  const elements = own ? own.call(chunk) : chunk;
  return isPromiseLike(elements)
    ? Promise.resolve(elements).then((elements) => run(listOf(elements)))
    : run(listOf(elements));
}

function listOf(elements: unknown): Elements {
  if (elements instanceof Range || Array.isArray(elements)) return elements;
  if (ArrayBuffer.isView(elements) && "length" in elements) return elements as unknown as ArrayLike<unknown>;
  if (typeof Object(elements)[Symbol.iterator] === "function") return Array.from(elements as Iterable<unknown>);
  throw new UsageError("parallel: the chunk has no elements that can be iterated");
}

class ChunkRun {
  readonly #body: Body;
  readonly #elements: Elements;
  readonly #offset: number;
  readonly #reducer: Reducer | undefined;

  constructor(body: Body, elements: Elements, offset: number, reducer: Reducer | undefined) {
    this.#body = body;
    this.#elements = elements;
    this.#offset = offset;
    this.#reducer = reducer;
  }

  run(): void | Promise<void> {
    const loop = this.#compile("drop");
    const stop = this.#loop(loop, 0, undefined);
    if (!this.#isAtEnd(stop)) return this.#await(loop, stop).then(() => {});
  }

  reduce(): unknown {
    const { onNumbers } = this.#reducer as Reducer;
    const first = this.#first();
    if (isPromiseLike(first)) return this.#await(this.#compile("combine"), { at: 0, acc: undefined, value: first });
    if (onNumbers === undefined || typeof first !== "number") return this.#combineFrom(1, first);
    const stop = this.#loop(this.#compile({ numbers: onNumbers }), 1, first);
    if (this.#isAtEnd(stop)) return stop.acc;
    if (isPromiseLike(stop.value)) return this.#await(this.#compile("combine"), stop);
    return this.#combineFrom(stop.at + 1, this.#combine(stop.acc, stop.value, stop.at));
  }

  #combineFrom(at: number, acc: unknown): unknown {
    const loop = this.#compile("combine");
    const stop = this.#loop(loop, at, acc);
    return this.#isAtEnd(stop) ? stop.acc : this.#await(loop, stop);
  }

  /** The loop has stopped at a promise: waits for it and loops on, time and again. */
  async #await(loop: Loop, from: Stop): Promise<unknown> {
    for (let stop = from; ; ) {
      const { at, acc } = stop;
      const value = await Promise.resolve(stop.value).catch((error) => this.#threw(at, error));
      const next = this.#reducer && at > 0 ? this.#combine(acc, value, at) : value;
      stop = this.#loop(loop, at + 1, next);
      if (this.#isAtEnd(stop)) return stop.acc;
    }
  }

  #first(): unknown {
    const elements = this.#elements;
    try {
      return this.#body((elements instanceof Range ? elements.start : elements[0]) as never);
    } catch (error) {
      return this.#threw(0, error);
    }
  }

  #combine(acc: unknown, value: unknown, at: number): unknown {
    try {
      return this.#reducer?.combine(acc, value);
    } catch (error) {
      return this.#threw(at, error);
    }
  }

  #compile(kind: LoopKind): Loop {
    const elements = this.#elements;
    return compileLoop(kind, !(elements instanceof Range), elements instanceof Range ? elements.step : 1);
  }

  #loop(loop: Loop, from: number, acc: unknown): Stop {
    const elements = this.#elements;
    const isRange = elements instanceof Range;
    return loop({
      body: this.#body as LoopInput["body"],
      combine: this.#reducer?.combine,
      list: isRange ? undefined : elements,
      start: isRange ? elements.start : 0,
      step: isRange ? elements.step : 1,
      from,
      to: elements.length,
      acc,
      threw: (index, error) => this.#threw(index, error),
    });
  }

  #isAtEnd(stop: Stop): boolean {
    return stop.at === this.#elements.length;
  }

  #threw(index: number, error: unknown): never {
    throw failureOf(error, this.#offset + index);
  }
}

registerService("loop.reduce", reduceChunk);
registerService("loop.run", runChunk);
