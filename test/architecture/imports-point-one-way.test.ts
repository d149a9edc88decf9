/** cli → managers, arrays, parallel → runtime/cluster → calls → refs → closures → wire → errors. Never the other way. */
import { expect, test } from "vitest";
import { sources } from "./sources.ts";

/** From the top down; a file may import from its own layer and from those below. */
const layers: readonly (readonly string[])[] = [
  ["cli/"],
  ["index.ts", "register.ts"],
  ["runtime/worker/"],
  ["arrays/"],
  ["parallel/", "managers/"],
  ["runtime/cluster/"],
  ["runtime/calls/"],
  ["runtime/refs/"],
  ["runtime/closures/"],
  ["runtime/wire/"],
  ["known-options.ts"],
  ["own-bundle.ts"],
  ["one-copy.ts"],
  ["boot.ts"],
  ["errors.ts"],
  ["own-frames.ts"],
  ["native-import.ts"],
  ["cache-folder.ts", "identifier.ts", "own-clock.ts", "package.ts"],
];

function place(path: string): { rank: number; folder: string } {
  for (const [rank, folders] of layers.entries()) {
    const folder = folders.find((name) => path === name || (name.endsWith("/") && path.startsWith(name)));
    if (folder) return { rank, folder };
  }
  throw new Error(`src/${path} belongs to no layer; layers are named in this test`);
}

test("every file has its layer, and no import points up or to a neighbour", () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const from = place(file.path);
    for (const target of file.imports) {
      const to = place(target);
      const isEntry = to.folder === "runtime/worker/" && from.folder !== "runtime/worker/" && from.rank > 1;
      if (to.rank < from.rank || (to.rank === from.rank && to.folder !== from.folder) || isEntry) {
        wrong.push(`src/${file.path} imports src/${target}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
