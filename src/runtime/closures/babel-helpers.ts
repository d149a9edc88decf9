/**
 * The helpers that compiled code calls on the global `babelHelpers`: legacy decorators and `using`. They are global so that the functions
 * which use them can travel.
 */

interface Resource {
  value: unknown;
  dispose: ((this: unknown) => unknown) | undefined;
  isAsync: boolean;
}

type Decorator = (...args: unknown[]) => unknown;

const helpers = {
  /** TypeScript's `__decorate`. */
  decorate(
    decorators: Decorator[],
    target: object,
    key?: PropertyKey,
    descriptor?: PropertyDescriptor | null,
  ): unknown {
    const isMember = key !== undefined;
    let result: unknown = target;
    if (isMember) result = descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : descriptor;
    for (const decorate of [...decorators].reverse()) {
      const given = isMember ? decorate(target, key, result) : decorate(result);
      result = given ?? result;
    }
    if (isMember && result) Object.defineProperty(target, key, result as PropertyDescriptor);
    return result;
  },

  /** TypeScript's `__param`. */
  decorateParam(index: number, decorator: Decorator): Decorator {
    return (target, key) => decorator(target, key, index);
  },

  /** TypeScript's `__metadata`. */
  decorateMetadata(key: string, value: unknown): unknown {
    const { metadata } = Reflect as { metadata?: (key: string, value: unknown) => unknown };
    return metadata ? metadata(key, value) : () => {};
  },

  /** The bookkeeping of a block with `using` declarations: u and a add a resource, e is what the block threw, d disposes. */
  usingCtx() {
    const resources: Resource[] = [];
    const none = {};
    let thrown: unknown = none;
    const add = (isAsync: boolean, value: unknown): unknown => {
      if (value === null || value === undefined) {
        if (isAsync) resources.push({ value, dispose: undefined, isAsync });
        return value;
      }
      if (Object(value) !== value)
        throw new TypeError("using declarations can only be used with objects, functions, null, or undefined");
      const dispose = disposerOf(value as object, isAsync);
      if (typeof dispose !== "function") throw new TypeError("Property [Symbol.dispose] is not a function");
      resources.push({ value, dispose, isAsync });
      return value;
    };
    const noteError = (error: unknown): void => {
      thrown = thrown === none ? error : suppressed(error, thrown);
    };
    const rethrow = (): void => {
      if (thrown !== none) throw thrown;
    };
    return {
      set e(error: unknown) {
        thrown = error;
      },
      u: (value: unknown) => add(false, value),
      a: (value: unknown) => add(true, value),
      d(): unknown {
        const next = (): unknown => {
          for (let resource = resources.pop(); resource; resource = resources.pop()) {
            try {
              const result = resource.dispose?.call(resource.value);
              if (resource.isAsync) return Promise.resolve(result).then(next, (error) => (noteError(error), next()));
            } catch (error) {
              noteError(error);
            }
          }
          rethrow();
          return undefined;
        };
        return next();
      },
    };
  },
};

function disposerOf(value: object, isAsync: boolean): Resource["dispose"] {
  const asyncDispose: symbol = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
  const dispose: symbol = Symbol.dispose ?? Symbol.for("Symbol.dispose");
  const methods = value as Record<symbol, Resource["dispose"]>;
  return (isAsync ? methods[asyncDispose] : undefined) ?? methods[dispose];
}

function suppressed(error: unknown, earlier: unknown): Error {
  const { SuppressedError } = globalThis as { SuppressedError?: new (error: unknown, suppressed: unknown) => Error };
  if (SuppressedError) return new SuppressedError(error, earlier);
  const result = new Error("An error was suppressed during disposal");
  return Object.assign(result, { name: "SuppressedError", error, suppressed: earlier });
}

/** Adds what is missing on `globalThis.babelHelpers`. */
export function installHelpers(): void {
  const scope = globalThis as { babelHelpers?: Record<string, unknown> };
  if (!scope.babelHelpers) {
    Object.defineProperty(globalThis, "babelHelpers", { value: {}, configurable: true, writable: true });
  }
  const target = scope.babelHelpers as Record<string, unknown>;
  for (const [name, helper] of Object.entries(helpers)) target[name] ??= helper;
}
