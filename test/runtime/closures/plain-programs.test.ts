import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { root } from "../../support/run-tjl.ts";
import { testCases } from "./run-cases.ts";

const fixtures = `${root}/test/fixtures/closures`;
await testCases("plain-program.mjs", [], { program: `${fixtures}/plain-program.mjs` });
await testCases("plain-program.cjs", [], { program: `${fixtures}/plain-program.cjs` });

const isOld = process.versions.node.startsWith("20.");
const isNetAsked = Number(process.versions.node.split(".")[0]) >= 25;
await testCases("no-inspector.mjs", [], {
  program: `${fixtures}/no-inspector.mjs`,
  // From Node 22 on the flags reach the workers too, by NODE_OPTIONS, and each process warns of them.
  env: { NODE_NO_WARNINGS: "1" },
  nodeFlags: [
    isOld ? "--experimental-permission" : "--permission",
    "--allow-fs-read=*",
    "--allow-fs-write=*",
    "--allow-child-process",
    "--allow-worker",
    "--allow-addons",
    ...(isNetAsked ? ["--allow-net"] : []),
    "--import",
    `${root}/dist/register.cjs`,
  ],
});

test("the functions of a program that is in no file travel with their variables", () => {
  const program = `import { basename } from "node:path";
    import { addprocs, pmap } from "tjulia";
    const unit = "px";
    await addprocs(1);
    console.log(await pmap((path) => basename(path) + unit, ["/a/1", "/a/2"]));`;
  const words = ["--input-type=module", "-e", program];
  expect(execFileSync(process.execPath, words, { cwd: root, encoding: "utf8" })).toBe("[ '1px', '2px' ]\n");
});
