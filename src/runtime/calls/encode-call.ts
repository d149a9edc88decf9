/** Turns a function and its arguments into the message of a call. What cannot travel throws here, before anything is sent. */
import { UsageError } from "../../errors.ts";
import { forgetLook } from "../closures/shape.ts";
import { stableFunction } from "../closures/stable.ts";
import { type Encoded, encodeList } from "../wire/codec.ts";
import type { RemoteProcess } from "../wire/remote-process.ts";
import { type AnyFunction, numberAt } from "./function-table.ts";
import { serviceName } from "./services.ts";

export function encodeCall(process: RemoteProcess, f: AnyFunction, args: readonly unknown[]): Encoded {
  process.demandRoom();
  const service = serviceName(f);
  if (service !== undefined) return encodeList([service, ...args], process, service);
  const stable = stableFunction(f);
  try {
    return encodeList([stable ? numberAt(process, stable) : f, ...args], process, (index) =>
      index === 0 ? f.name || "the function" : `argument ${index}`,
    );
  } finally {
    forgetLook();
  }
}

export function demandFunction(f: unknown, caller: string): asserts f is AnyFunction {
  if (typeof f === "function") return;
  throw new UsageError(
    `${caller}: expected a function, got ${f === null ? "null" : typeof f} (the order is pid, function, arguments)`,
  );
}
