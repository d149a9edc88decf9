// The names that are given without loading the whole library are the library's own.
import { expect, test } from "vitest";
import { exportsAtHand } from "../../src/runtime/cluster/exports-at-hand.ts";
import { publicNames } from "../../src/runtime/worker/public-names.ts";

test("what is at hand is public, under its public name", async () => {
  const library: Record<string, unknown> = await import("../../src/index.ts");
  for (const [name, value] of Object.entries(exportsAtHand)) {
    expect(publicNames).toContain(name);
    expect(value, name).toBe(library[name]);
  }
});
