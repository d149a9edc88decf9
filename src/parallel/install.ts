/** Teaches the codec the values of this folder. Every process of a cluster does it once, before it talks to another. */
import { registerExtension } from "../runtime/wire/codec.ts";
import { rangeExtension } from "./range.ts";

let installed = false;

export function installParallel(): void {
  if (installed) return;
  installed = true;
  registerExtension(rangeExtension);
}
