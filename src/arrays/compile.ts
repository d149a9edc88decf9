/**
 * Loops made for one use. V8 compiles a loop for the kinds of arrays and the function that it has seen; a loop shared by
 * all element types and all functions is ten times slower than one that is made for a single combination. Sources have no
 * free variables and are kept by their text.
 */

// biome-ignore lint/suspicious/noExplicitAny: the caller knows the signature of the source that it writes
type Loop = (...args: any[]) => any;

const loops = new Map<string, Loop>();

/** The function with these parameters and this body; the same text gives the same function. */
export function loop(key: string, parameters: string, body: string): Loop {
  const id = `${key}(${parameters}){${body}}`;
  let made = loops.get(id);
  if (!made) {
    made = build(parameters, body, key);
    loops.set(id, made);
  }
  return made;
}

let serial = 0;

/** A loop of its own for each `f`, so that V8 can put f's body into it. `f` is a parameter of the source. */
export function loopAround(
  f: object,
  cache: WeakMap<object, Map<string, Loop>>,
  parameters: string,
  body: string,
): Loop {
  let made = cache.get(f);
  if (!made) {
    made = new Map();
    cache.set(f, made);
  }
  const id = `${parameters}{${body}}`;
  let found = made.get(id);
  if (!found) {
    found = build(parameters, body, `around ${++serial}`);
    made.set(id, found);
  }
  return found;
}

/** The comment makes the text unique: V8 shares what it learned between functions of the same text. */
function build(parameters: string, body: string, label: string): Loop {
  return new Function(parameters, `"use strict"; /* ${label} */ ${body}`) as Loop;
}
