/** Bundles one source file into CommonJS, so that a plain Node process can run a part of the program that has no entry of its own. */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

export async function bundleFor(source: string, outFile: string): Promise<void> {
  const input = fileURLToPath(new URL(`../../src/${source}`, import.meta.url));
  const build = await rolldown({
    input,
    platform: "node",
    external: ["koffi", "numpy-ts", "numpy-ts/core"],
    logLevel: "silent",
  });
  await build.write({ file: outFile, format: "cjs" });
  await build.close();
}
