/** The error classes that every process has, by the name under which they travel. */
import * as ours from "../../errors.ts";

type ErrorClass = { readonly prototype: Error };

export const errorClasses: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ["Error", Error],
  ["EvalError", EvalError],
  ["RangeError", RangeError],
  ["ReferenceError", ReferenceError],
  ["SyntaxError", SyntaxError],
  ["TypeError", TypeError],
  ["URIError", URIError],
  ["AggregateError", AggregateError],
  ["RemoteError", ours.RemoteError],
  ["ProcessExitedError", ours.ProcessExitedError],
  ["LaunchError", ours.LaunchError],
  ["InterruptError", ours.InterruptError],
  ["SerializationError", ours.SerializationError],
  ["ChannelClosedError", ours.ChannelClosedError],
  ["QueueFullError", ours.QueueFullError],
  ["UsageError", ours.UsageError],
]);

export const errorNames: ReadonlyMap<object, string> = new Map(
  [...errorClasses].map(([name, { prototype }]) => [prototype, name]),
);

/** Fields of an error that are its own without being enumerable. */
export const hiddenErrorFields: ReadonlySet<PropertyKey> = new Set(["stack", "message", "cause", "errors", "name"]);
