/** Leaves the arrays, and all else of the library that the runtime does not need, for when they turn up. What workers and the command line do. */
import { loadLibrary } from "../runtime/closures/own-exports.ts";
import { expectLateParts } from "../runtime/wire/late-parts.ts";

export function expectLibrary(): void {
  expectLateParts({ load: loadLibrary, knows: looksLikeNDArray });
}

/** An array of numpy-ts, which the user may have imported; ndarray.ts looks closer. */
function looksLikeNDArray(value: object): boolean {
  return "iget" in value && "astype" in value;
}
