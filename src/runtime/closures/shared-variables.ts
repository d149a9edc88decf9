/**
 * Refuses what would be silently wrong: two functions of one message that share a variable which one of them assigns to. Each would get a
 * copy of its own. Values that differ prove that they are different variables of the same name.
 */
import type { Encoder } from "../wire/extension.ts";
import type { PeekedScope } from "./peek.ts";
import type { AnyFunction, Binding } from "./shape.ts";

interface Use {
  readonly f: AnyFunction;
  readonly value: unknown;
  readonly isWritten: boolean;
}

const uses = new WeakMap<Encoder, Map<string, Use[]>>();

export function noteShared(
  encoder: Encoder,
  f: AnyFunction,
  binding: Extract<Binding, { kind: "value" }>,
  value: unknown,
  scopes: readonly PeekedScope[],
  scriptId: string,
): void {
  let ofMessage = uses.get(encoder);
  if (!ofMessage) {
    ofMessage = new Map();
    uses.set(encoder, ofMessage);
  }
  const depth = scopes.length - binding.scope;
  const key = `${scriptId} ${depth} ${scopes[binding.scope]?.description} ${binding.name}`;
  const list = ofMessage.get(key);
  if (!list) {
    ofMessage.set(key, [{ f, value, isWritten: binding.isWritten }]);
    return;
  }
  const clash = list.find((use) => use.f !== f && Object.is(use.value, value) && (use.isWritten || binding.isWritten));
  if (clash) {
    const names = [clash.f, f].map((one) => one.name || "an anonymous function").join(" and ");
    encoder.refuse(`variable '${binding.name}' is reassigned and shared by ${names}; put it in an object`);
  }
  if (!list.some((use) => use.f === f)) list.push({ f, value, isWritten: binding.isWritten });
}
