// Two copies of the package in one process would know nothing of each other.
import { cpSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, runTjl } from "../support/run-tjl.ts";
import { openScratch } from "../support/scratch.ts";

test("a second copy of tjulia refuses to load, and says where the first is", async () => {
  const scratch = openScratch();
  try {
    const copy = join(scratch.folder, "copy");
    cpSync(join(root, "dist"), join(copy, "dist"), { recursive: true, filter: (file) => !file.includes("types") });
    cpSync(join(root, "package.json"), join(copy, "package.json"));
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const load = (files: string[]) => files.map((file) => `require(${JSON.stringify(file)});`).join("\n");
    const run = async (...files: string[]) => {
      const program = join(scratch.folder, "program.cjs");
      writeFileSync(
        program,
        `try { ${load(files)} console.log("fine") } catch (error) { console.log(error.code, error.message) }`,
      );
      const { stdout, stderr } = await runTjl([], { program });
      expect(stderr).toBe("");
      return stdout.trim();
    };
    const [one, register, other] = [`${root}/dist/index.cjs`, `${root}/dist/register.cjs`, `${copy}/dist/index.cjs`];
    expect(await run(one, register, one)).toBe("fine");
    expect(await run(other)).toBe("fine");
    const refusal = `TJL_USAGE tjulia is in this process already, from ${root}; the copy in ${copy} cannot be loaded beside it`;
    expect(await run(one, other)).toContain(refusal);
    expect(await run(register, other)).toContain(refusal);
  } finally {
    scratch.remove();
  }
});
