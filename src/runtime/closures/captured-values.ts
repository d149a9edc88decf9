/** The values that a function would take along, for deciding where it runs best. */
import { type AnyFunction, forgetLook, lookInto, shapeOf } from "./shape.ts";

/** The values of the variables of `f`, as they are now. Empty for functions that take nothing along. */
export function capturedValues(f: AnyFunction): unknown[] {
  const shape = shapeOf(f);
  forgetLook();
  if (shape.kind !== "code") return [];
  const listed = shape.bindings.filter((binding) => binding.kind === "value");
  if (listed.length === 0) return [];
  const { scopes } = lookInto(f);
  return listed.flatMap(({ name, scope }) => {
    try {
      return [scopes[scope]?.variables[name]];
    } catch {
      return [];
    }
  });
}
