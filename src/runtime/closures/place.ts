/** Where a function that came from another process stands in its file: for `status()` and errors, which name what runs. */
import type { Code } from "./code.ts";
import { codeBehind } from "./revive.ts";
import type { AnyFunction } from "./shape.ts";
import { originalPlace } from "./stacks.ts";

const places = new WeakMap<object, string | undefined>();

/** `/home/me/job.ts:12`; undefined when it has no file, or nobody knows. */
export function placeOf(f: AnyFunction): string | undefined {
  const code = codeBehind(f);
  if (!code?.url) return undefined;
  if (!places.has(code)) places.set(code, placeIn(code));
  return places.get(code);
}

function placeIn({ url, line, column }: Code): string {
  const found = originalPlace(url, line + 1, column + 1);
  return `${found?.file ?? url.replace(/^file:\/\//, "")}:${found?.line ?? line + 1}`;
}
