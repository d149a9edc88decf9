/** Every ts and sh block of the README and the docs runs and prints what the page says; a block that is not run says why. */
import { describe, expect, test } from "vitest";
import { pages, runBlocks } from "./pages.ts";

const runnable = pages.filter((page) => page.blocks.some(({ language }) => language === "ts" || language === "sh"));

describe.each(runnable)("$path", (page) => {
  test("runs and prints what it says", { timeout: 180_000 }, async () => {
    expect(await runBlocks(page)).toEqual([]);
  });
});
