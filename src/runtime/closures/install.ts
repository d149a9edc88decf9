/** Teaches the codec functions, classes and instances of classes. */
import { registerExtension } from "../wire/codec.ts";
import type { Extension } from "../wire/extension.ts";
import { encodeFunction } from "./capture.ts";
import { classExtension } from "./class.ts";
import { CODE_TAG, keepCode } from "./code-cache.ts";
import { instanceExtension } from "./instance.ts";
import { decodeFunction } from "./revive.ts";
import type { AnyFunction } from "./shape.ts";
import { stableExtension } from "./stable.ts";

const functions: Extension<AnyFunction> = {
  tag: CODE_TAG,
  matches: (value): value is AnyFunction => typeof value === "function",
  encode: encodeFunction,
  arrived: keepCode,
  decode: decodeFunction,
};

export function installClosures(): void {
  registerExtension(stableExtension);
  registerExtension(classExtension);
  registerExtension(functions);
  registerExtension(instanceExtension);
}
